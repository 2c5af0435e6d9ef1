"""What a font's name says of its letters, and how tall they are.

It knows names and sizes, and nothing of files.
"""

from __future__ import annotations

import re

TALL = 1.9  # times a font's size: a taller box is the font's mistake
ASCENT = 0.8  # of an em above the baseline

_BOLD = re.compile(r"bold|black|heavy|demi|simhei|[-,]hei\b", re.IGNORECASE)
_NOT_BOLD = re.compile(r"regular|-regu\b|roman$|light|thin|book$|medium$", re.IGNORECASE)  # whatever weight it states
_BOLD_WEIGHT = 600
_SUBSET = re.compile(r"^[A-Z]{6}\+")


def plain_name(name: str) -> str:
    """A font's name without the mark of a subset."""
    return _SUBSET.sub("", name)


def is_bold(name: str, weight: int = 0) -> bool:
    """Whether a font is bold by its name, or by the weight that it states where its name does not say otherwise."""
    return bool(_BOLD.search(name)) or (weight >= _BOLD_WEIGHT and not _NOT_BOLD.search(name))
