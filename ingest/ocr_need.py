"""When a page must be read from its pixels.

Pure; it judges by figures of a page and does not know how they were counted.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageStats:
    """What a page has besides its layout.

    `characters`: visible characters of its text layer, `garbled`: those of them that stand for no letter (private use,
    replacement character), `doubtful`: those that may stand for other letters. `image_share`: share of the page under
    pictures, from 0 to 1. `outlined`: about how many letters it draws as outlines. `bare_ink`: where its text layer
    lies over a scan, the share of the scan's writing over which there is none, from 0 to 1.
    """

    characters: int
    garbled: int = 0
    image_share: float = 0.0
    doubtful: int = 0
    outlined: int = 0
    bare_ink: float = 0.0


ASKED = "OCR was asked for"

_FEW = 25  # characters that a scan's text layer may have, from a stamp or a page number
_SOME = 120
_PICTURE = 0.5  # share of the page
_FULL_PICTURE = 0.85
_GARBLED = 0.3  # share of the characters
_OUTLINED = 30  # letters
_BARE = 0.5  # share of a scan's writing


def needs_ocr(stats: PageStats) -> str:
    """Why a page must be read from its pixels, or "" when its text layer will do.

    A page without pictures and outlines is never read so, however empty: it is blank or a drawn divider.
    """
    if stats.characters >= _FEW and stats.garbled > _GARBLED * stats.characters:
        return "its text layer stands for no letters"
    if stats.characters >= _FEW and stats.garbled + stats.doubtful > _GARBLED * stats.characters:
        return "its text layer may stand for other letters"
    if stats.characters < _FEW and stats.image_share >= _PICTURE:
        return "it is a picture without text"
    if stats.characters < _SOME and stats.image_share >= _FULL_PICTURE:
        return "it is a picture with hardly any text"
    if stats.characters < _SOME and stats.outlined >= _OUTLINED:
        return "its text is drawn as outlines"
    if stats.bare_ink > _BARE:
        return "its text layer leaves out much of what the picture under it shows"
    return ""
