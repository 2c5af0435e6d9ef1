"""What a search costs against the size of the library, drawn: both axes by powers of ten. Pure: figures to SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 132, 24, 48


class _Latency(Protocol):
    @property
    def p50_s(self) -> float: ...
    @property
    def p95_s(self) -> float: ...


class _Cost(Protocol):
    @property
    def chunks(self) -> int: ...
    @property
    def search(self) -> _Latency: ...
    @property
    def memory_mib(self) -> float: ...


_LINES: tuple[tuple[str, str, Callable[[_Cost], float]], ...] = (
    ("p95, ms", "#b3261e", lambda cost: 1000 * cost.search.p95_s),
    ("p50, ms", "#0b6e69", lambda cost: 1000 * cost.search.p50_s),
    ("memory, MiB", "#5b5f66", lambda cost: cost.memory_mib),
)


def scale_plot(costs: Sequence[_Cost]) -> str:
    """A line for the median and the 95th percentile of searches in milliseconds, and one for memory in MiB."""
    values = [value(cost) for _, _, value in _LINES for cost in costs]
    low, high = (math.log10(one) for one in (min(values), max(values)))
    bottom, top = math.floor(low), math.ceil(high + 1e-9)
    first, last = math.log10(costs[0].chunks), math.log10(costs[-1].chunks)

    def x(chunks: float) -> float:
        share = (math.log10(chunks) - first) / (last - first) if last > first else 0.5
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(value: float) -> float:
        share = (math.log10(value) - bottom) / max(top - bottom, 1)
        return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)

    drawn = [_text(_LEFT, 14, "a search, by chunks in the library", "start")]
    for power in range(bottom, top + 1):
        at = y(10**power)
        drawn.append(f'<path d="M{_LEFT} {at}H{_WIDTH - _RIGHT}" stroke="#d5d8dc"/>')
        drawn.append(_text(_LEFT - 8, at + 4, f"{10**power:,g}", "end"))
    for cost in costs:
        drawn.append(_text(x(cost.chunks), _HEIGHT - _BOTTOM + 18, f"{cost.chunks:,}", "middle"))
    for name, colour, value in _LINES:
        points = [(x(cost.chunks), y(value(cost))) for cost in costs]
        line = " ".join(f"{a},{b}" for a, b in points)
        drawn.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [f'<circle cx="{a}" cy="{b}" r="3" fill="{colour}"/>' for a, b in points]
        drawn.append(_text(points[-1][0] + 8, points[-1][1] + 4, f"{name}: {value(costs[-1]):,.0f}", "start", colour))
    inside = "\n".join(drawn)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>What a search costs as the library grows</title>\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>\n{inside}\n</svg>\n'
    )


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#1f2328") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
