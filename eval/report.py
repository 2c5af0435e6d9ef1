"""Reports as text."""

from __future__ import annotations

from typing import Any


def retrieval_table(report: dict[str, Any]) -> str:
    """A line a slice, a column a metric, in hundredths."""
    slices: dict[str, dict[str, float]] = report["slices"]
    metrics = [name for name in next(iter(slices.values())) if name != "n"]
    width = max(len(name) for name in slices)
    lines = [f"{'slice':<{width}} {'n':>5} " + " ".join(f"{name:>8}" for name in metrics)]
    for name, row in slices.items():
        lines.append(f"{name:<{width}} {row['n']:>5} " + " ".join(f"{100 * row[m]:>8.1f}" for m in metrics))
    return "\n".join(lines)
