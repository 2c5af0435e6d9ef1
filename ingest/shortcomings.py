"""What a content lacks although it is done, in words.

Pure; it does not know how it was read.
"""

from __future__ import annotations

from collections.abc import Iterable

from ingest.records import Content

MIN_SHARE = 0.95
"""The share of the characters that PDFium sees below which a document is not wholly read."""


def shortcomings(content: Content) -> list[str]:
    """What a content lacks although it is done: pages, or characters within pages."""
    reasons = []
    if content.skipped:
        why = next(iter(content.skipped.values()))
        reasons.append(f"{len(content.skipped)} pages were not read: {page_ranges(content.skipped)} ({why})")
    if content.characters < MIN_SHARE * content.characters_seen:
        share = content.characters / content.characters_seen
        reasons.append(f"only {share:.0%} of the text that its pages state was read")
    return reasons


def page_ranges(numbers: Iterable[int]) -> str:
    """Page numbers in short: 1-3, 7."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
