from __future__ import annotations

import pytest

from ingest.grades import Grade, columns, disputed, grade_of, reasons_of
from ingest.records import BBox, Block, BlockKind, Page, PageReport, Word

WELL = {"characters": 1000, "characters_seen": 1000}


def graded(text_from: str = "pdf", **report: object) -> tuple[str, list[str]]:
    page = Page(1, 600, 800, (), text_from=text_from, report=PageReport(**(WELL | report)))  # type: ignore[arg-type]
    reasons = reasons_of(page)
    return str(grade_of(reasons)), [reason.key for reason in reasons]


@pytest.mark.parametrize(
    ("report", "grade", "keys"),
    [
        ({}, "good", []),
        ({"characters": 951}, "good", []),
        ({"characters": 940}, "doubtful", ["missing"]),
        ({"characters": 790}, "poor", ["missing"]),
        ({"characters": 6, "characters_seen": 10}, "good", []),  # a page number more or less
        ({"garbled": 20}, "good", []),
        ({"garbled": 50}, "doubtful", ["garbled"]),
        ({"garbled": 200}, "poor", ["garbled"]),
        ({"pictures": 1.0}, "good", []),  # text over a picture
        ({"characters": 3, "characters_seen": 3, "pictures": 0.9}, "poor", ["unread"]),
        ({"characters": 3, "characters_seen": 3, "pictures": 0.9, "ocr_lines": 0}, "good", []),  # a photograph
        ({"tables": 2, "disputed": 1}, "doubtful", ["tables"]),
        ({"patched": 40}, "good", []),
        ({"patched": 400}, "doubtful", ["patched"]),
        ({"plain": True, "characters": 500}, "poor", ["missing", "plain"]),
        ({"characters": 0, "characters_seen": 0}, "good", []),
    ],
)
def test_a_page_is_graded_by_its_worst_reason(report: dict[str, object], grade: str, keys: list[str]) -> None:
    assert graded(**report) == (grade, keys)


@pytest.mark.parametrize(("confidence", "grade"), [(0.98, "good"), (0.85, "doubtful"), (0.6, "poor")])
def test_a_recognised_page_is_graded_by_its_confidence_alone(confidence: float, grade: str) -> None:
    text_layer = {"characters": 0, "characters_seen": 500, "garbled": 400, "pictures": 1.0}
    found = graded("ocr", ocr_lines=9, confidence=confidence, **text_layer)
    assert found == (grade, [] if grade == "good" else ["unsure"])


def test_a_reason_carries_its_figure() -> None:
    report = PageReport(characters=750, characters_seen=1000, disputed=2, tables=3)
    missing, tables = reasons_of(Page(1, 600, 800, (), report=report))
    assert (missing.grade, missing.figure) == (Grade.POOR, 0.25)
    assert (tables.grade, tables.figure) == (Grade.DOUBTFUL, 2)


def block(x0: float, top: float, x1: float, bottom: float, kind: BlockKind = BlockKind.TEXT) -> Block:
    box = BBox(x0, top, x1, bottom)
    return Block(kind, "w", box, (Word("w", BBox(x0, top, x0 + 5, top + 10), "", 10.0),), ((0, 1),))


def test_tables_that_one_voice_sees_alone_are_disputed() -> None:
    one, inside, other = BBox(0, 0, 100, 100), BBox(10, 10, 90, 60), BBox(0, 200, 100, 300)
    assert disputed([one], [inside]) == 0
    assert disputed([one, other], [inside]) == 1
    assert disputed([one], [other]) == 2
    assert disputed([], []) == 0


def test_columns_are_blocks_of_several_rows_side_by_side() -> None:
    left, right = block(50, 100, 290, 300), block(310, 100, 550, 250)
    assert columns(()) == 0
    assert columns((block(50, 50, 550, 90), left)) == 1
    assert columns((left, right, block(310, 260, 550, 400))) == 2
    assert columns((left, block(310, 100, 550, 120))) == 1  # two rows beside a paragraph
    assert columns((left, block(310, 100, 350, 300))) == 1  # a strip of labels
    assert columns((left, block(310, 100, 550, 300, BlockKind.TABLE))) == 1
