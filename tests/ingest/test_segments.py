"""Lines of a page without a base to columns, paragraphs and rows, with hand-made boxes."""

from ingest.flow import Line
from ingest.records import BBox, Word
from ingest.segments import base_of, paragraphs, segments

SIZE = 10.0


def line(text: str, x: float, y: float, size: float = SIZE) -> Line:
    """A line whose characters are half as wide as high, with its words."""
    words, at = [], x
    for word in text.split():
        words.append(Word(word, BBox(at, y, at + size / 2 * len(word), y + size), "", size))
        at += size / 2 * (len(word) + 1)
    return Line(tuple(words))


def column(name: str, x: float, y: float, rows: int, pitch: float = 12.0, length: int = 5) -> list[Line]:
    """Rows of running text: a name, its number, and more words of four letters."""
    return [line(" ".join([f"{name}{row:02}", *["word"] * length]), x, y + pitch * row) for row in range(rows)]


def firsts(lines: list[Line], groups: list[tuple[list[int], list[int]]]) -> list[list[str]]:
    return [[lines[index].words[0].text for index in of_lines] for of_lines, _ in groups]


def test_two_columns_under_a_head_are_read_one_after_the_other() -> None:
    head = [line("a head that goes over both of the columns and on to the right edge of the second", 0, 0)]
    left, right = column("l", 0, 30, 6), column("r", 180, 30, 6)
    mixed = [*head, *(line for pair in zip(left, right, strict=True) for line in pair)]
    assert firsts(mixed, segments(mixed)) == [
        ["a"],
        [f"l{row:02}" for row in range(6)],
        [f"r{row:02}" for row in range(6)],
    ]


def test_columns_that_do_not_keep_in_step_are_columns_though_their_rows_are_short() -> None:
    left, right = column("l", 0, 0, 8, 12, 2), column("r", 100, 5, 6, 17, 2)
    assert [len(group) for group, _ in segments([*left, *right])] == [8, 6]


def test_labels_and_values_that_keep_in_step_are_read_across() -> None:
    left, right = column("l", 0, 0, 8, 12, 2), column("r", 100, 0, 8, 12, 2)
    assert [len(group) for group, _ in segments([*left, *right])] == [16]


def test_numbers_beside_labels_of_two_rows_are_no_column_of_their_own() -> None:
    labels = [line(f"label {row} goes on", 0, 12 * row) for row in range(8)]
    numbers = [line(f"{row}00", x, 6 + 24 * row) for row in range(4) for x in (120, 180)]
    assert [len(group) for group, _ in segments([*labels, *numbers])] == [16]
    words = [line(f"word{row}", x, 6 + 24 * row) for row in range(4) for x in (120, 180)]
    assert [len(group) for group, _ in segments([*labels, *words])] == [8, 8]


def test_a_line_drawn_between_them_makes_them_columns() -> None:
    left, right = column("l", 0, 0, 8, 12, 2), column("r", 100, 0, 8, 12, 2)
    drawn = BBox(90, 0, 90.5, 94)
    assert [len(group) for group, _ in segments([*left, *right], rules=[drawn])] == [8, 8]


def test_a_rule_across_ends_the_columns_above_it() -> None:
    left, right = column("l", 0, 0, 6), column("r", 180, 0, 6)
    more_left, more_right = column("m", 0, 90, 6), column("s", 180, 90, 6)
    lines = [*left, *right, *more_left, *more_right]
    assert [names[0] for names in firsts(lines, segments(lines))] == ["l00", "r00"]
    ruled = segments(lines, rules=[BBox(0, 80, 320, 80.5)])
    assert [names[0] for names in firsts(lines, ruled)] == ["l00", "r00", "m00", "s00"]


def test_a_table_stands_in_its_column_and_no_gutter_goes_through_it() -> None:
    left, right = column("l", 0, 0, 10), column("r", 180, 0, 4)
    groups = segments([*left, *right], tables=[BBox(180, 60, 310, 118)])
    assert [(len(of_lines), of_tables) for of_lines, of_tables in groups] == [(10, []), (4, [0])]
    across = segments([*left, *right], tables=[BBox(0, 130, 310, 200)])
    assert [(len(of_lines), of_tables) for of_lines, of_tables in across] == [(10, []), (4, []), (0, [0])]


def test_paragraphs_end_at_white_at_other_sizes_and_at_list_markers() -> None:
    lines = [
        line("Heading of it", 0, 0, 16),
        *column("a", 0, 20, 3),
        *column("b", 0, 70, 2),
        line("1. first item", 0, 94),
        line("2) second item", 0, 106),
        line("• third item", 0, 118),
        line("12.4% of all", 0, 130),
    ]
    groups = [[row[0].words[0].text for row in group] for group in paragraphs(lines)]
    assert groups == [["Heading"], ["a00", "a01", "a02"], ["b00", "b01"], ["1."], ["2)"], ["•", "12.4%"]]
    kinds = [base_of(group).kind for group in paragraphs(lines)]
    assert kinds == ["paragraph", "paragraph", "paragraph", "list_item", "list_item", "list_item"]


def test_a_paragraph_ends_at_more_white_than_its_own_rows_have() -> None:
    close = [*column("a", 0, 0, 3, 12), *column("b", 0, 42, 2, 12)]  # 2 points between rows, 8 above b
    assert [len(group) for group in paragraphs(close)] == [3, 2]
    wide = [*column("a", 0, 0, 3, 18), *column("b", 0, 54, 2, 18)]  # 8 everywhere
    assert [len(group) for group in paragraphs(wide)] == [5]


def test_rows_in_columns_are_one_block_and_speak_for_a_table_where_there_are_three() -> None:
    rows = [(line(f"label {row}", 0, 12 * row), line(f"{row}00", 120, 12 * row)) for row in range(3)]
    (group,) = paragraphs([line for row in rows for line in row])
    block = base_of(group)
    assert block.kind == "table"
    assert [[cell.text for cell in row] for row in block.rows] == [[f"label {row}", f"{row}00"] for row in range(3)]
    (short,) = paragraphs([line for row in rows[:2] for line in row])
    assert (base_of(short).kind, base_of(short).text) == ("grid_fallback", "label 0 000 label 1 100")


def test_a_page_without_lines_has_no_groups() -> None:
    assert segments([]) == []
