import pytest

from prompts.sentences import split, split_finished, take_marks, without_bullet


def texts(text: str, *, lines: bool = True) -> list[str]:
    return [text[a:b] for a, b in split(text, lines=lines)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Sales rose 3.5% to $1.2 billion. Costs fell.", ["Sales rose 3.5% to $1.2 billion.", "Costs fell."]),
        (
            "Mr. Smith, e.g. in the U.S. market, left. He sold.",
            ["Mr. Smith, e.g. in the U.S. market, left.", "He sold."],
        ),
        ("Apple Inc. The firm grew.", ["Apple Inc.", "The firm grew."]),
        ("Apple Inc. Ltd grew.", ["Apple Inc. Ltd grew."]),
        ("See No. 5 and Fig. 3 there. Done!", ["See No. 5 and Fig. 3 there.", "Done!"]),
        ("It rose. [1] It fell.[2][3] It stayed [4].", ["It rose. [1]", "It fell.[2][3]", "It stayed [4]."]),
        (
            "收入增长。[1]成本下降！利润呢？“很好。”是的；完",
            ["收入增长。[1]", "成本下降！", "利润呢？", "“很好。”", "是的；", "完"],
        ),
        ("Main points:\n1. Sales rose.\n2. Costs fell.", ["Main points:", "1. Sales rose.", "2. Costs fell."]),
        ("- one\n- two", ["- one", "- two"]),
        ("Rose.\n[1]", ["Rose.\n[1]"]),
    ],
)
def test_sentences_of_an_answer(text: str, sentences: list[str]) -> None:
    assert texts(text) == sentences


def test_a_line_end_on_a_page_does_not_end_a_sentence_but_a_list_item_does() -> None:
    assert texts("The board\nmet. It\nvoted.\n• first\n• second", lines=False) == [
        "The board\nmet.",
        "It\nvoted.",
        "• first",
        "• second",
    ]


@pytest.mark.parametrize(
    "text", ["Rose. Costs fell 3. [1] Then more 中文。后 e.g. this. End", "收入17.5万元。[2]成本。[3]其他"]
)
def test_a_sentence_given_out_while_the_answer_is_written_never_changes(text: str) -> None:
    final = texts(text)
    for length in range(len(text) + 1):
        done = [text[a:b] for a, b in split_finished(text[:length])]
        assert done == final[: len(done)]


def test_marks_are_taken_out_and_numbered() -> None:
    assert take_marks("It rose [1, 3] by 12% 【2】[^4].") == ("It rose by 12%.", (1, 3, 2, 4))
    assert take_marks("Rose.[1-3]") == ("Rose.", (1, 2, 3))
    assert take_marks("In [2022] it rose [sic].") == ("In [2022] it rose [sic].", ())


def test_bullets_and_emphasis_are_no_part_of_a_statement() -> None:
    assert without_bullet("1. **Revenue** rose") == "Revenue rose"
    assert without_bullet("- 收入增长") == "收入增长"
    assert without_bullet("3.5% growth") == "3.5% growth"
