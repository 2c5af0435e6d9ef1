"""Bar charts: bars that stand on one line at different lengths, and the labels around them.

Pure geometry over painted areas and lines. A chart's labels are read row by row and are neither text, headings nor a
table. Cells of a table that are shaded are no bars: those of one row are of one height, those of one column of one
width.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from ingest.captions import is_caption
from ingest.flow import Line, in_rows, write
from ingest.records import BBox, Block, BlockKind, union_of
from ingest.rules import Shade, shows

_SAME = 1.0  # points within which two places or lengths are one
_LEAST_BARS = 3  # of as many lengths
_LEAST_BREADTH = 3.0  # points
_LARGEST = 0.2  # share of the page
_ASIDE, _ABOVE, _BELOW = 4.0, 2.5, 5.0  # ems from a chart's bars within which its labels stand
_RUN_GAP = 2.0  # ems; a wider gap parts what stands in one row
_LABEL_WORDS = 8  # words with letters that a label has at most …
_SIDE_WORDS = 3  # … and one beside the bars, where a column of text may stand
_TOUCH = 1.5  # points within which two areas touch
_MAX_BARS = 1000


class Charts(NamedTuple):
    """A page's charts as blocks, and the lines that are in none."""

    blocks: tuple[Block, ...]
    lines: tuple[Line, ...]


def _standing(boxes: Iterable[BBox]) -> list[list[BBox]]:
    """Bars of one breadth with their feet on one level line, at as many places as there are bars."""
    groups: dict[tuple[int, int], list[BBox]] = defaultdict(list)
    for box in boxes:
        groups[round(box.bottom / _SAME), round(box.width / _SAME)].append(box)
    found = []
    for group in groups.values():
        places = {round(box.x0 / _SAME): box for box in group}
        lengths = {round(box.height / _SAME / 2) for box in places.values()}
        if len(places) >= _LEAST_BARS and len(lengths) >= _LEAST_BARS:
            found.append(list(places.values()))
    return found


def _turned(box: BBox) -> BBox:
    """The box with its left side for its foot, and back."""
    return BBox(box.top, -box.x1, box.bottom, -box.x0)


def _back(box: BBox) -> BBox:
    return BBox(-box.bottom, box.x0, -box.top, box.x1)


def _alone(shades: Sequence[Shade]) -> list[BBox]:
    """Areas that no other of their colour touches: a bar ends in white or another colour, a shaded row goes on."""
    x0, top, x1, bottom = np.array([shade.bbox for shade in shades], np.float64).reshape(-1, 4).T
    colours = np.array([shade.colour for shade in shades], np.int64)
    across = np.minimum(x1[:, None], x1) - np.maximum(x0[:, None], x0)
    down = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    touches = (np.minimum(across, down) >= -_TOUCH) & (np.maximum(across, down) > 0)
    touches &= colours[:, None] == colours
    np.fill_diagonal(touches, False)
    return [shade.bbox for shade, touched in zip(shades, touches.any(axis=1).tolist(), strict=True) if not touched]


def bar_charts(shades: Sequence[Shade], page: BBox) -> list[BBox]:
    """The boxes of the bars of each chart."""
    seen = dict.fromkeys(
        shade
        for shade in shades
        if shows(shade.colour)
        and min(shade.bbox.width, shade.bbox.height) >= _LEAST_BREADTH
        and shade.bbox.area <= _LARGEST * page.area
    )
    if not _LEAST_BARS <= len(seen) <= _MAX_BARS:
        return []
    bars = _alone(list(seen))
    groups = _standing(bars) + [[_back(box) for box in group] for group in _standing(map(_turned, bars))]
    whole: list[BBox] = []
    for box in sorted(map(union_of, groups), key=lambda box: box.area, reverse=True):
        if not any(box.overlap(other) > 0 for other in whole):
            whole.append(box)
    return whole


def _words_with_letters(lines: Iterable[Line]) -> int:
    return sum(any(map(str.isalpha, word.text)) for line in lines for word in line.words)


def _runs(lines: Sequence[Line], em: float) -> list[list[Line]]:
    """The lines of each row that follow on each other without a wide gap, row by row."""
    runs: list[list[Line]] = []
    for row in in_rows(lines, attrgetter("bbox")):
        last: Line | None = None
        for line in row:
            if last is not None and line.bbox.x0 - last.bbox.x1 < _RUN_GAP * em:
                runs[-1].append(line)
            else:
                runs.append([line])
            last = line
    return runs


def _labels(bars: BBox, lines: Sequence[Line]) -> list[Line]:
    """The lines that belong to a chart, row by row."""
    level = [line for line in lines if not line.rotation]
    inside = [line for line in level if bars.contains(*line.bbox.center)]
    em = max((line.words[0].size for line in inside or level), default=10.0)
    reach = BBox(bars.x0 - _ASIDE * em, bars.top - _ABOVE * em, bars.x1 + _ASIDE * em, bars.bottom + _BELOW * em)

    def is_label(run: Sequence[Line]) -> bool:
        x, y = union_of([line.bbox for line in run]).center
        most = _LABEL_WORDS if bars.x0 <= x <= bars.x1 else _SIDE_WORDS
        return (
            reach.contains(x, y)
            and _words_with_letters(run) <= most
            and not is_caption(" ".join(line.text for line in run))
        )

    return [line for run in _runs(level, em) if is_label(run) for line in run]


def take_charts(lines: Sequence[Line], shades: Sequence[Shade], page: BBox) -> Charts:
    """The page's bar charts with their labels taken out of its lines."""
    rest = list(lines)
    blocks = []
    for bars in bar_charts(shades, page):
        labels = _labels(bars, rest)
        text, words, offsets = write(labels, "\n")
        if not words:
            continue
        taken = set(map(id, labels))
        rest = [line for line in rest if id(line) not in taken]
        box = bars.union(union_of([word.bbox for word in words]))
        blocks.append(Block(BlockKind.FIGURE, text, box, words, offsets))
    return Charts(tuple(blocks), tuple(rest))
