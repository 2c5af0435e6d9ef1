from __future__ import annotations

import pytest

from retrieval.part_references import part_references, parts_begun


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("What does Table 4 show?", {"table 4"}),
        ("According to table II, and Fig. 2a", {"table 2", "figure 2a"}),
        ("see Note 12 and Section 3.2", {"note 12", "section 3.2"}),
        ("Appendix E lists them", {"appendix e"}),
        ("in Table1-1", {"table 1-1"}),
        ("in table a row", set()),
        ("a notable 4 portable 5", set()),
        ("第三章和表4-1说了什么", {"chapter 3", "table 4-1"}),
        ("附注十二", {"note 12"}),
        ("第十条第2节", {"article 10", "section 2"}),
        ("How many tables are there?", set()),
    ],
)
def test_parts_named_in_a_text(text: str, parts: set[str]) -> None:
    assert part_references(text) == parts


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("Table 4: Sales by region", "table 4"),
        ("3.2 Results", "section 3.2"),
        ("NOTE 12 — INCOME TAXES", "note 12"),
        ("第三章 公司治理", "chapter 3"),
        ("As Table 4 shows", ""),
        ("2,358 pages", ""),
    ],
)
def test_the_part_that_a_line_begins(line: str, part: str) -> None:
    assert parts_begun(line) == ({part} if part else set())
