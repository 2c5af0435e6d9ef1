"""How alike a text layer and what was recognised are."""

from ingest.agreement import agreement
from ingest.recognition import Affine, OcrLine, Recognition, shared_out
from ingest.records import BBox, Word

BOX = BBox(0, 0, 200, 20)


def line(text: str, box: BBox = BOX) -> OcrLine:
    made = shared_out(text, box, 0.9)
    assert made is not None
    return made


def words(text: str, x0: float = 0.0, top: float = 0.0) -> list[Word]:
    return [Word(word, BBox(x0 + 20 * i, top, x0 + 20 * i + 18, top + 10)) for i, word in enumerate(text.split())]


def test_the_same_text_agrees_wholly_whatever_its_spaces_and_capitals() -> None:
    assert agreement(words("Net Assets"), Recognition(200, 20, (line("netassets"),)), 0.5) == 1.0


def test_half_of_the_characters() -> None:
    # "abcd" and "abxy": 2 characters match, 2 · 2 / 8.
    assert agreement(words("abcd"), Recognition(200, 20, (line("abxy"),)), 0.5) == 0.5


def test_a_line_without_words_near_it_counts_by_its_length() -> None:
    found = Recognition(200, 100, (line("abcdef"), line("gh", BBox(0, 60, 200, 80))))
    assert agreement(words("abcdef"), found, 0.5) == 0.75  # 6 of 8 characters


def test_words_on_a_turned_picture_are_read_in_its_direction() -> None:
    # The page was turned by 180 degrees to be upright: what is right in it is left on the page.
    back = Affine(-1, 0, 0, -1, 200, 20)
    upside_down = [Word("world", BBox(0, 0, 40, 10)), Word("hello", BBox(60, 0, 100, 10))]
    assert agreement(upside_down, Recognition(200, 20, (line("hello world"),), back=back, turned=180), 0.5) == 1.0


def test_nothing_recognised_is_no_agreement() -> None:
    assert agreement(words("abc"), Recognition(200, 20), 0.5) == 0.0
