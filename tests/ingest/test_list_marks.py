import pytest

from ingest.list_marks import after_mark


@pytest.mark.parametrize(
    ("text", "start"), [("• filled", 2), ("▪filled", 1), ("filled", 0), ("- 5", 0), ("3. filled", 0), ("", 0)]
)
def test_where_the_words_of_an_item_begin(text: str, start: int) -> None:
    assert after_mark(text) == start
