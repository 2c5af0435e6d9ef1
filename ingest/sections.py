"""The section that each block of a document stands in: the path of headings above it.

Pure; it does not know how headings and their levels are found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ingest.records import Block, BlockKind, Page

_LONGEST = 160  # characters of a heading in a path

Path = tuple[str, ...]


def _entered(path: tuple[tuple[int, str], ...], title: Block) -> tuple[tuple[int, str], ...]:
    level = max(title.level, 1)
    return (*(step for step in path if step[0] < level), (level, title.text[:_LONGEST]))


def sections(pages: Iterable[Page]) -> Iterator[tuple[Page, tuple[Path, ...]]]:
    """Each page with the path of each of its blocks, outermost heading first; a heading's path ends in itself.

    The path goes on from page to page. Furniture changes nothing and has the path of what is around it.
    """
    path: tuple[tuple[int, str], ...] = ()
    for page in pages:
        paths = []
        for block in page.blocks:
            if block.kind is BlockKind.TITLE and block.text.strip():
                path = _entered(path, block)
            paths.append(tuple(text for _, text in path))
        yield page, tuple(paths)
