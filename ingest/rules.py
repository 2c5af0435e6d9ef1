"""The straight edges that a page draws to rules, and rules to connected sets.

Pure geometry; it does not know words, nor which library read the page. Rules are what an eye sees: an edge between two
areas of one colour, white on white or without opacity is none; the two sides of a thin bar, and the dashes of a line,
are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.records import BBox


class Edge(NamedTuple):
    """A level or upright line that is drawn, or one side of an area that is `filled`. `colour`: 0xAARRGGBB."""

    bbox: BBox
    colour: int
    filled: bool


class Shade(NamedTuple):
    """An area that is filled, as its box. `colour`: 0xAARRGGBB."""

    bbox: BBox
    colour: int


class Rule(NamedTuple):
    """A line of a table: `at` is its x when `upright`, else its y; it goes from `start` to `end` along the other."""

    upright: bool
    at: float
    start: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.start


SNAP = 3.0  # points within which parallel rules are one, crossing rules meet, and rules in a row are joined

_WHITE = 0xFFFFFFFF
_PALE = 0xF0  # a colour of which all parts are at least this cannot be seen on white paper
_SAME = 2.0  # points within which level lines go on from each other
_FAINT = 0x20  # opacity, of 255, below which nothing is seen
_ALIKE = 6  # of 255: colours that differ less in each channel look the same
_THIN = 3.0  # points; a filled area that is thinner is a line
_ASIDE = 1.5  # points from an edge at which the colours of its two sides are looked up
_SHORT = 4.0  # points; shorter rules are specks
_SIDE = 0.6  # share of an edge beside which the other side of a bar must lie
_LOOK_AHEAD = 40  # edges among which the other side of a bar is looked for
_MAX_PAIRS = 10**7  # edges times areas of a page that are compared
MAX_RULES = 2000  # of a page; one with more is a drawing


def _channels(colours: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The red, green and blue of colours, shape (n, 3)."""
    return np.stack([colours >> 16 & 255, colours >> 8 & 255, colours & 255], axis=-1)


def _differ(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    return np.asarray(np.abs(_channels(a) - _channels(b)).max(axis=-1) >= _ALIKE, np.bool_)


class _Painted:
    """The colour of the page at given points, by what it fills last there."""

    def __init__(self, shades: Sequence[Shade]) -> None:
        seen = [shade for shade in shades if shade.colour >> 24 >= _FAINT]
        boxes = [shade.bbox for shade in seen]
        colours = [shade.colour for shade in seen]
        self._boxes = np.array(boxes, np.float64).reshape(-1, 4)
        self._colours = np.array([*colours, _WHITE], np.int64)

    def __len__(self) -> int:
        return len(self._boxes)

    def at(self, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        x0, top, x1, bottom = self._boxes.T
        x, y = x[:, None], y[:, None]
        holds = (x0 <= x) & (x <= x1) & (top <= y) & (y <= bottom)
        last = len(self) - 1 - np.argmax(holds[:, ::-1], axis=1) if len(self) else np.zeros(len(x), np.int64)
        nothing = ~holds.any(axis=1)
        return np.asarray(self._colours[np.where(nothing, len(self), last)], np.int64)


def _seen(edges: Sequence[Edge], shades: Sequence[Shade]) -> list[_Key]:
    """Where the edges lie that stand out from what is beside them."""
    edges = [edge for edge in edges if edge.colour >> 24 >= _FAINT]
    if not edges:
        return []
    boxes = np.array([edge.bbox for edge in edges], np.float64)
    keys, areas = _keys(boxes), _areas(shades)
    sides = {side for _, four in areas for side in four}
    in_bars = _in_bars(edges, keys, sides)
    bars = {key for key, inside in zip(keys, in_bars.tolist(), strict=True) if inside}
    painted = _Painted([shade for shade, four in areas if not _is_outline(four, bars)])
    if len(edges) * len(painted) > _MAX_PAIRS:
        return []
    x0, top, x1, bottom = boxes.T
    colours = np.array([edge.colour for edge in edges], np.int64)
    filled = np.array([edge.filled for edge in edges], np.bool_)
    upright = bottom - top > x1 - x0
    x, y = (x0 + x1) / 2, (top + bottom) / 2
    aside_x, aside_y = np.where(upright, _ASIDE, 0.0), np.where(upright, 0.0, _ASIDE)
    before, after = painted.at(x - aside_x, y - aside_y), painted.at(x + aside_x, y + aside_y)
    stands_out = _differ(colours, before) | _differ(colours, after)
    shows = np.where(filled & ~in_bars, _differ(before, after), stands_out)
    return [key for key, shown in zip(keys, shows.tolist(), strict=True) if shown]


_Key = tuple[bool, float, float, float]  # whether an edge is upright, its place, its start and end


def _is_outline(sides: Sequence[_Key], bars: set[_Key]) -> bool:
    """Whether what seems to be an area is the outline of one, or several lines that are drawn as one shape."""
    return sides[0] in bars or sides[1] in bars


_Sides = tuple[_Key, _Key, _Key, _Key]


def _areas(shades: Sequence[Shade]) -> list[tuple[Shade, _Sides]]:
    """The areas that are not so thin that they are lines, each with its top, left, bottom and right side."""
    if not shades:
        return []
    boxes = np.array([shade.bbox for shade in shades], np.float64)
    thick = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) > _THIN
    found = []
    for index, (x0, top, x1, bottom) in zip(np.nonzero(thick)[0].tolist(), _tenths(boxes[thick]), strict=True):
        four = (False, top, x0, x1), (True, x0, top, bottom), (False, bottom, x0, x1), (True, x1, top, bottom)
        found.append((shades[index], four))
    return found


def _tenths(places: npt.NDArray[np.float64]) -> list[list[float]]:
    """Places in points, rounded to tenths."""
    rounded: list[list[float]] = np.round(places, 1).tolist()
    return rounded


def _in_bars(edges: Sequence[Edge], places: Sequence[_Key], sides: set[_Key]) -> npt.NDArray[np.bool_]:
    """Which edges, at these places, are one of the two long sides of a filled area so thin that it is a line.

    Two sides of areas that are not thin, by `sides`, make no bar: they are drawn one within the other.
    """
    covered = np.zeros(len(edges), np.float64)
    lengths = np.array([max(edge.bbox.width, edge.bbox.height) for edge in edges], np.float64)
    keys = sorted((edge.colour, *places[index], index) for index, edge in enumerate(edges) if edge.filled)
    for position, (colour, upright, at, start, end, index) in enumerate(keys):
        own = None
        for later in range(position + 1, min(position + 1 + _LOOK_AHEAD, len(keys))):
            other = keys[later]
            if other[2] - at > _THIN or other[0] != colour or other[1] != upright:
                break
            if other[3] >= end or other[4] <= start:
                continue
            own = own or (upright, at, start, end)
            if not (own in sides and other[1:5] in sides):
                shared = min(end, other[4]) - max(start, other[3])
                covered[index] += shared
                covered[other[5]] += shared
    return np.asarray(covered >= _SIDE * np.maximum(lengths, 0.1), np.bool_)


def _keys(boxes: npt.NDArray[np.float64]) -> list[_Key]:
    """Where edges lie, in tenths of a point; `boxes` of shape (n, 4)."""
    x0, top, x1, bottom = boxes.T
    upright = bottom - top > x1 - x0
    at = np.where(upright, (x0 + x1) / 2, (top + bottom) / 2)
    places = _tenths(np.stack([at, np.where(upright, top, x0), np.where(upright, bottom, x1)], axis=1))
    return [(is_upright, *place) for is_upright, place in zip(upright.tolist(), map(_three, places), strict=True)]


def _three(place: Sequence[float]) -> tuple[float, float, float]:
    return place[0], place[1], place[2]


def joined(rules: Iterable[Rule]) -> list[Rule]:
    """Rules that lie on one another or go on from one another made one, at the mean of their places."""
    made: list[Rule] = []
    for _, alike in groupby(sorted(rules), key=attrgetter("upright")):
        lanes: list[list[Rule]] = []
        for rule in alike:
            if lanes and rule.at - lanes[-1][0].at <= SNAP:
                lanes[-1].append(rule)
            else:
                lanes.append([rule])
        for lane in lanes:
            run: list[Rule] = []
            reach = 0.0
            for rule in sorted(lane, key=attrgetter("start")):
                if run and rule.start - reach > SNAP:
                    made.append(_one(run))
                    run = []
                reach = max(reach, rule.end) if run else rule.end
                run.append(rule)
            made.append(_one(run))
    return [rule for rule in made if rule.length >= _SHORT]


def _one(run: Sequence[Rule]) -> Rule:
    if len(run) == 1:
        return run[0]
    weight = sum(rule.length + 0.01 for rule in run)
    at = sum(rule.at * (rule.length + 0.01) for rule in run) / weight
    return Rule(run[0].upright, at, min(rule.start for rule in run), max(rule.end for rule in run))


def rules_of(edges: Sequence[Edge], shades: Sequence[Shade], width: float, height: float) -> list[Rule]:
    """The rules that are seen on a page of that size, cut to it; none where the page is a drawing.

    What runs along the page's own border is no rule.
    """
    across = (width, height)
    found = []
    for upright, at, start, end in _seen(edges, shades):
        along = across[upright]
        if SNAP < at < across[not upright] - SNAP and min(end, along) - max(start, 0.0) > 0:
            found.append(Rule(upright, at, max(start, 0.0), min(end, along)))
    rules = joined(found)
    return rules if len(rules) <= MAX_RULES else []


def meeting(levels: Sequence[Rule], uprights: Sequence[Rule]) -> list[tuple[int, int]]:
    """The pairs (level, upright) that touch or cross."""
    if not levels or not uprights:
        return []
    y, left, right = np.array([rule[1:] for rule in levels], np.float64).T[:, :, None]
    x, top, bottom = np.array([rule[1:] for rule in uprights], np.float64).T[:, None, :]
    meets = (left - SNAP <= x) & (x <= right + SNAP) & (top - SNAP <= y) & (y <= bottom + SNAP)
    return [(int(level), int(upright)) for level, upright in np.argwhere(meets)]


def connected(rules: Sequence[Rule]) -> list[list[Rule]]:
    """The rules in sets that hang together, each a table, a frame or a single line."""
    levels = [rule for rule in rules if not rule.upright]
    uprights = [rule for rule in rules if rule.upright]
    parent = list(range(len(levels) + len(uprights)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for level, upright in meeting(levels, uprights):
        parent[root(level)] = root(len(levels) + upright)
    sets: dict[int, list[Rule]] = {}
    for index, rule in enumerate([*levels, *uprights]):
        sets.setdefault(root(index), []).append(rule)
    return list(sets.values())


def stacked(sets: Sequence[Sequence[Rule]]) -> list[list[Rule]]:
    """Sets of rules with those made one that lie on one another, as the shaded rows of one table do.

    They begin and end at the same places, from left to right, and no more than SNAP lies between them.
    """
    made: list[list[Rule]] = []
    boxes: list[BBox] = []
    for box, rules in sorted(((_extent(rules), rules) for rules in sets), key=lambda pair: pair[0].top):
        for index in range(len(made) - 1, max(-1, len(made) - 1 - _LOOK_AHEAD), -1):
            above = boxes[index]
            level = abs(above.x0 - box.x0) <= SNAP and abs(above.x1 - box.x1) <= SNAP
            if level and -SNAP <= box.top - above.bottom <= 2 * SNAP:
                made[index] += rules
                boxes[index] = above.union(box)
                break
        else:
            made.append(list(rules))
            boxes.append(box)
    return made


def _extent(rules: Sequence[Rule]) -> BBox:
    levels = [rule for rule in rules if not rule.upright]
    uprights = [rule for rule in rules if rule.upright]
    return BBox(
        min([rule.at for rule in uprights] + [rule.start for rule in levels]),
        min([rule.at for rule in levels] + [rule.start for rule in uprights]),
        max([rule.at for rule in uprights] + [rule.end for rule in levels]),
        max([rule.at for rule in levels] + [rule.end for rule in uprights]),
    )


def shows(colour: int) -> bool:
    """Whether a colour can be seen on white paper."""
    return colour >> 24 > 0 and any((colour >> shift & 0xFF) < _PALE for shift in (16, 8, 0))


def level_rules(edges: Iterable[Edge]) -> list[BBox]:
    """The boxes of the level lines that can be seen; pieces that go on from each other are one."""
    seen = [edge.bbox for edge in edges if edge.bbox.width > edge.bbox.height and shows(edge.colour)]
    whole: list[BBox] = []
    for box in sorted(seen, key=lambda box: (round(box.top / _SAME), box.x0)):
        if whole and abs(box.top - whole[-1].top) <= _SAME and box.x0 <= whole[-1].x1 + _SAME:
            whole[-1] = whole[-1].union(box)
        else:
            whole.append(box)
    return whole
