"""Marks of list items: where the words of an item begin.

It knows texts, not how an item is set on its page.
"""

from __future__ import annotations

_MARKS = tuple("•◦▪▫■□●○‣⁃∙·➢➤✓❖☐☑☒")


def after_mark(text: str) -> int:
    """Where the words of a list's item begin, behind its mark and white space; 0 where it has none."""
    if not text.startswith(_MARKS):
        return 0
    return len(text) - len(text[1:].lstrip())
