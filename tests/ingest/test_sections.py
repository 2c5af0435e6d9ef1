from __future__ import annotations

from dataclasses import replace

from set_type import block, page, text

from ingest.records import Block, BlockKind
from ingest.sections import sections


def title(words: str, level: int) -> Block:
    return replace(block(words, kind=BlockKind.TITLE), level=level)


def test_a_path_goes_on_over_pages_and_ends_with_a_heading_as_high() -> None:
    pages = [
        page(text(), title("1 Sea", 1), text(), title("1.1 Ships", 2), text()),
        page(text(), replace(block("Report 2"), kind=BlockKind.FURNITURE), title("2 Land", 1), text(), number=2),
    ]
    assert [paths for _, paths in sections(pages)] == [
        ((), ("1 Sea",), ("1 Sea",), ("1 Sea", "1.1 Ships"), ("1 Sea", "1.1 Ships")),
        (("1 Sea", "1.1 Ships"), ("1 Sea", "1.1 Ships"), ("2 Land",), ("2 Land",)),
    ]


def test_a_level_left_out_is_no_step() -> None:
    ((_, paths),) = sections([page(title("Sea", 1), title("Sails", 3), title("Ships", 2))])
    assert paths == (("Sea",), ("Sea", "Sails"), ("Sea", "Ships"))


def test_a_long_heading_is_cut() -> None:
    ((_, ((step,),)),) = sections([page(title("x" * 500, 1))])
    assert len(step) == 160
