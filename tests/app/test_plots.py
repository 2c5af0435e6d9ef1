"""Plots: lengths that a reader can check by hand, and words for those who do not see them."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from app.ui.plots import Line, Part, bars, line_plot, share_bar, stacked_bar


def rectangles(svg: str, *names: str) -> list[tuple[float, ...]]:
    """Attributes of each rectangle, as numbers."""
    return [
        tuple(float(one.get(name, "0")) for name in names)
        for one in ElementTree.fromstring(svg).iter()
        if "rect" in one.tag
    ]


@pytest.mark.parametrize(("share", "width"), [(0.25, 25), (0, 0), (1.5, 100), (-1, 0)])
def test_a_share_is_as_long_as_it_is_large(share: float, width: float) -> None:
    assert rectangles(share_bar(share), "width") == [(width,)]


def test_parts_stand_side_by_side_and_are_named() -> None:
    svg = stacked_bar([Part("good", 6, "good"), Part("<doubtful>", 0, "doubtful"), Part("<poor>", 2, "poor")])
    assert rectangles(svg, "x", "width") == [(0, 75), (75, 25)]
    assert 'aria-label="good: 6, &lt;poor&gt;: 2"' in svg and "doubtful" not in svg
    assert rectangles(stacked_bar([]), "x") == []


def test_bars_stand_on_the_line_at_zero_and_hang_below_it() -> None:
    svg = bars("Scores", [("a", 3.0), ("b", 1.0), ("c", -1.0)])
    assert svg is not None
    assert rectangles(svg, "x", "y", "height") == [(0, 0, 42), (18, 28, 14), (36, 42, 14)]
    assert 'aria-label="Scores: 3.000, 1.000, -1.000"' in svg and "<title>b: 1.000</title>" in svg
    assert bars("Scores", []) is None
    assert "NaN" not in str(bars("Scores", [("a", 0.0)]))


def test_lines_go_up_where_values_do_and_skip_what_is_not_known() -> None:
    svg = line_plot(
        "hit@5", ["2026-01-01", "2026-02-01", "2026-03-01"], [Line("a", (0.5, None, 0.7)), Line("b", (0.7, 0.7, 0.7))]
    )
    first, second = re.findall(r'points="([^"]*)"', svg)
    (x0, y0), (x1, y1) = (tuple(map(float, point.split(","))) for point in first.split())
    assert x1 > x0 and y1 < y0 and first.split()[-1] == second.split()[-1]
    assert 'aria-label="hit@5: a 50.0, none, 70.0; b 70.0, 70.0, 70.0"' in svg
    labels = [
        float(one.get("y", "0")) for one in ElementTree.fromstring(svg).iter() if "plot-label" in one.get("class", "")
    ]
    assert labels[1] - labels[0] >= 14
    assert line_plot("x", ["now"], [Line("a", (0.5,))]).startswith("<svg")
