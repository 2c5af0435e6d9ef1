"""How well a page was read: its grade, and the reasons for it.

Pure; it judges by a page's report and blocks and does not know how the page was read. Reasons are keys with a figure,
which whoever shows them puts into words.

A page is poor where one reason makes it so, doubtful where one reason makes it that, else good:

    reason     figure                                               doubtful    poor
    missing    share of the text layer that no block holds          above 5 %   above 20 %
    garbled    share of its characters that stand for no letter     above 3 %   above 10 %
    unread     it is a picture that was not looked at                           always
    unsure     mean confidence of the recognised lines              below 0.9   below 0.75
    tables     how many of its tables not all voices see            above 0
    patched    share of its text that the base did not read         above 5 %
    plain      its layout could not be read, only its text          always
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from ingest.ocr_need import PageStats, needs_ocr
from ingest.records import BBox, Block, BlockKind, Page, Word

_MISSING = (0.05, 0.2)
_GARBLED = (0.03, 0.1)
_UNSURE = (0.1, 0.25)  # 1 less the confidence
_PATCHED = 0.05
_FEW = 5  # characters that are no reason, whatever their share
_SAME = 0.5  # share of the smaller of two boxes from which they are one table
_COLUMN_ROWS = 3  # rows of text that make a column
_COLUMN_EMS = 10.0  # its width in font sizes


UNSURE_WORD = 0.8
"""The confidence below which a recognised word is marked as unsure."""


class Grade(StrEnum):
    GOOD = "good"
    DOUBTFUL = "doubtful"
    POOR = "poor"


class Reason(NamedTuple):
    """Why a page is not good: `key` as in the table above, `figure` a share from 0 to 1, or a count for tables."""

    key: str
    grade: Grade
    figure: float = 0.0


def unsure_words(page: Page) -> Iterator[Word]:
    """The words of the page that were recognised with low confidence."""
    return (word for block in page.blocks for word in block.words if word.confidence < UNSURE_WORD)


def grade_of(reasons: Sequence[Reason]) -> Grade:
    """The worst of the reasons'; good where there is none."""
    grades = {reason.grade for reason in reasons}
    return Grade.POOR if Grade.POOR in grades else Grade.DOUBTFUL if grades else Grade.GOOD


def reasons_of(page: Page) -> tuple[Reason, ...]:
    """Why the page is not good, the worst first."""
    found = list(_of_ocr(page) if page.text_from == "ocr" else _of_text(page))
    return tuple(sorted(found, key=lambda reason: reason.grade is not Grade.POOR))


def _of_ocr(page: Page) -> Iterator[Reason]:
    yield from _by_share("unsure", 1 - page.report.confidence, _UNSURE)


def _of_text(page: Page) -> Iterator[Reason]:
    report = page.report
    seen, missing = report.characters_seen, report.characters_seen - report.characters
    if missing >= _FEW:
        yield from _by_share("missing", missing / seen, _MISSING)
    if report.garbled >= _FEW:
        yield from _by_share("garbled", report.garbled / max(seen, report.garbled), _GARBLED)
    if report.ocr_lines is None and needs_ocr(PageStats(report.characters, 0, report.pictures)):
        yield Reason("unread", Grade.POOR)
    if report.disputed:
        yield Reason("tables", Grade.DOUBTFUL, report.disputed)
    if report.patched >= _FEW and report.patched > _PATCHED * seen:
        yield Reason("patched", Grade.DOUBTFUL, min(report.patched / max(seen, 1), 1.0))
    if report.plain:
        yield Reason("plain", Grade.DOUBTFUL)


def _by_share(key: str, share: float, bounds: tuple[float, float]) -> Iterator[Reason]:
    doubtful, poor = bounds
    if share > doubtful:
        figure = 1 - share if key == "unsure" else share
        yield Reason(key, Grade.POOR if share > poor else Grade.DOUBTFUL, figure)


def disputed(tables: Sequence[BBox], others: Sequence[BBox]) -> int:
    """How many tables of one voice or the other stand where the other sees none."""
    return _alone(tables, others) + _alone(others, tables)


def _alone(boxes: Sequence[BBox], others: Sequence[BBox]) -> int:
    return sum(not any(box.overlap(other) > _SAME * min(box.area, other.area) for other in others) for box in boxes)


def columns(blocks: Sequence[Block]) -> int:
    """How many columns of running text stand side by side, 0 on a page without any."""
    columns = [block.bbox for block in blocks if _is_column(block)]
    return max((sum(_beside(box, other) for other in columns) + 1 for box in columns), default=0)


def _is_column(block: Block) -> bool:
    if block.kind not in (BlockKind.TEXT, BlockKind.LIST) or not block.words:
        return False
    em = max(block.words[0].size, 1.0)
    return block.bbox.height > _COLUMN_ROWS * em and block.bbox.width > _COLUMN_EMS * em


def _beside(box: BBox, other: BBox) -> bool:
    """Whether the other stands left or right of the box's middle."""
    _, y = box.center
    return other.top <= y <= other.bottom and (other.x1 <= box.x0 or other.x0 >= box.x1)
