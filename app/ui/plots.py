"""Small plots as SVG: shares of a whole, bars over a base line, lines over time. Colours come from the style sheet.

Pure. Each says in words what it shows, for those who do not see it. It does not know what is plotted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from app.ui.markup import Markup, tag

_BAR_WIDTH, _GAP, _BARS_HEIGHT = 14, 4, 56
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _EDGE = 640, 280, 44, 110, 24  # of a plot of lines
_LABEL_HEIGHT = 14


class Part(NamedTuple):
    """So many of a whole; `kind` is what the style sheet colours it by."""

    label: str
    number: int
    kind: str


class Line(NamedTuple):
    """Values from 0 to 1, one a point in time; None where there is none."""

    label: str
    values: tuple[float | None, ...]


def share_bar(share: float) -> Markup:
    """A share, from 0 to 1, beside a number that says it: nothing more is said."""
    length = round(100 * min(max(share, 0.0), 1.0), 2)
    return tag(
        "svg",
        tag("rect", class_="plot-bar", width=length, height=8, rx=1),
        viewBox="0 0 100 8",
        preserveAspectRatio="none",
        class_="plot share",
        aria_hidden="true",
    )


def stacked_bar(parts: Sequence[Part]) -> Markup:
    """Parts of a whole side by side; each is named where the pointer rests."""
    total, start, drawn = sum(part.number for part in parts) or 1, 0.0, []
    for part in parts:
        length = 100 * part.number / total
        if part.number:
            said = tag("title", f"{part.label}: {part.number}")
            drawn.append(
                tag("rect", said, class_=f"plot-part {part.kind}", x=round(start, 3), width=round(length, 3), height=8)
            )
        start += length
    words = ", ".join(f"{part.label}: {part.number}" for part in parts if part.number)
    return _picture(words, *drawn, viewBox="0 0 100 8", preserveAspectRatio="none", class_="plot stacked")


def bars(title: str, values: Sequence[tuple[str, float]]) -> Markup | None:
    """A bar a value, in order, over a base line at 0; each named where the pointer rests. None without values."""
    if not values:
        return None
    low, high = min(0.0, *(value for _, value in values)), max(0.0, *(value for _, value in values))
    scale = _BARS_HEIGHT / ((high - low) or 1.0)
    drawn = []
    for place, (label, value) in enumerate(values):
        top = (high - max(value, 0.0)) * scale
        said = tag("title", f"{label}: {value:.3f}")
        height = round(max(abs(value) * scale, 1.0), 2)
        x = place * (_BAR_WIDTH + _GAP)
        drawn.append(tag("rect", said, class_="plot-bar", x=x, y=round(top, 2), width=_BAR_WIDTH, height=height, rx=1))
    width, zero = len(values) * (_BAR_WIDTH + _GAP) - _GAP, round(high * scale, 2)
    drawn.append(tag("line", class_="plot-axis", x1=0, x2=width, y1=zero, y2=zero))
    words = f"{title}: {', '.join(f'{value:.3f}' for _, value in values)}"
    size = f"0 -1 {width} {_BARS_HEIGHT + 2}"
    return _picture(words, *drawn, viewBox=size, width=width, height=_BARS_HEIGHT + 2, class_="plot bars")


def line_plot(title: str, times: Sequence[str], lines: Sequence[Line], style: str = "") -> Markup:
    """Lines over time, each named at its end; the axis runs over the values that there are. It can stand alone."""
    known = [value for line in lines for value in line.values if value is not None] or [0.0]
    low, high = max(min(known) - 0.02, 0.0), min(max(known) + 0.02, 1.0)
    across = (_WIDTH - _LEFT - _RIGHT) / max(len(times) - 1, 1)

    def x(place: int) -> float:
        return round(_LEFT + across * place, 2)

    def y(value: float) -> float:
        return round(_HEIGHT - _EDGE - (value - low) / ((high - low) or 1.0) * (_HEIGHT - 2 * _EDGE), 2)

    axis = [
        part
        for value in (low, (low + high) / 2, high)
        for part in (
            tag("line", class_="plot-grid", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y(value), y2=y(value)),
            tag("text", f"{100 * value:.1f}", x=_LEFT - 8, y=y(value) + 4, text_anchor="end"),
        )
    ]
    dates = [
        tag("text", times[place], x=x(place), y=_HEIGHT - 6, text_anchor="middle")
        for place in sorted({0, len(times) - 1})
    ]
    ends = _apart([y(line.values[-1] or 0.0) for line in lines])
    drawn = []
    for number, (line, end) in enumerate(zip(lines, ends, strict=True)):
        places = [(x(place), y(value)) for place, value in enumerate(line.values) if value is not None]
        points = " ".join(f"{left},{top}" for left, top in places)
        dots = (tag("circle", class_=f"plot-dot n{number % 6}", cx=left, cy=top, r=3) for left, top in places)
        label = tag("text", line.label, x=_WIDTH - _RIGHT + 10, y=end + 4, class_=f"plot-label n{number % 6}")
        drawn += [tag("polyline", class_=f"plot-line n{number % 6}", points=points, fill="none"), *dots, label]
    words = "; ".join(f"{line.label} {_spoken(line)}" for line in lines)
    css = [tag("style", Markup(style))] if style else []
    size = {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "xmlns": "http://www.w3.org/2000/svg", "class_": "plot lines"}
    return _picture(f"{title}: {words}", *css, *axis, *dates, *drawn, **size)


def _spoken(line: Line) -> str:
    return ", ".join("none" if value is None else f"{100 * value:.1f}" for value in line.values)


def _apart(tops: Sequence[float]) -> list[float]:
    """Heights of labels, moved down where they would lie on each other."""
    moved = list(tops)
    order = sorted(range(len(tops)), key=lambda place: tops[place])
    for before, after in zip(order, order[1:], strict=False):
        moved[after] = max(moved[after], moved[before] + _LABEL_HEIGHT)
    return moved


def _picture(words: str, *drawn: Markup, **attributes: str | int) -> Markup:
    return tag("svg", *drawn, role="img", aria_label=words, **attributes)
