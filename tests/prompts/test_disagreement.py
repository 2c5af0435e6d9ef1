"""Two documents that give different figures are shown side by side; where it is not sure, nothing is said."""

import pytest
from fakes import Shelf, table_block

from prompts.answers import Answer, AnswerDone, Verdict
from prompts.request import Request
from prompts.strategies import run

QUESTION = "What was revenue in 2022?"


def ask(*said: list[list[str]] | str, question: str = QUESTION) -> Answer:
    """The answer from one.pdf and two.pdf, each one table or paragraph."""
    shelves = [Shelf("one.pdf", "d1", "a1" * 32), Shelf("two.pdf", "d2", "b2" * 32)]
    by_content = {shelf.document.sha256: shelf for shelf in shelves}
    hits = [
        shelf.hit(text if isinstance(text, str) else table_block(text))
        for shelf, text in zip(shelves, said, strict=True)
    ]
    asked = Request(question, tuple(hits), lambda sha, page: by_content[sha].page_of(sha, page))
    *_, last = run(asked, "extractive")
    assert isinstance(last, AnswerDone)
    return last.answer


def table(value: str, label: str = "Revenue", year: str = "2022") -> list[list[str]]:
    return [["(in millions)", year, "2021"], [label, value, "15,785"], ["Operating costs", "9,120", "9,480"]]


def test_two_tables_with_different_figures_are_shown_side_by_side() -> None:
    found = ask(table("17,606"), table("17,660"))
    assert found.sentences[0].text == "The documents differ: one.pdf says 17,606, two.pdf says 17,660."
    assert found.sentences[0].verdict is Verdict.SUPPORTED
    assert [(one.document, one.quote) for one in found.citations] == [("one.pdf", "17,606"), ("two.pdf", "17,660")]
    assert found.sentences[0].citations == (1, 2)
    assert [one.text for one in found.sentences[1:]] == ["Revenue: 2022 17,606", "Revenue: 2022 17,660"]


def test_two_sentences_that_are_the_same_but_for_a_number_differ() -> None:
    found = ask("In 2022 revenue rose to 17,606 million.", "In 2022 revenue rose to 18,100 million.")
    assert found.sentences[0].text == "The documents differ: one.pdf says 17,606 million, two.pdf says 18,100 million."


def test_it_is_said_in_chinese_where_the_question_is() -> None:
    found = ask(
        "公司2022年营业收入为1,200万元。", "公司2022年营业收入为1,300万元。", question="公司2022年的营业收入是多少？"
    )
    assert found.sentences[0].text == "各文档的数字不同：one.pdf为1,200万，two.pdf为1,300万。"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (table("17,606"), table("17,606")),
        (table("17,606"), table("17,606", label="Revenue of the group")),
        (table("17,606"), [["", "2022", "2021"], ["Revenue", "17.6 billion", "15.8 billion"]]),
        (table("17,606"), table("17,606,000")),
        ("In 2022 revenue rose to 17,606 million.", "In 2022 revenue rose to 17.6 billion."),
        ("In 2022 revenue rose to 17,606 million.", "In 2022 revenue of the group abroad rose to 18,100 million."),
    ],
)
def test_what_may_be_the_same_or_another_thing_is_no_disagreement(
    one: list[list[str]] | str, other: list[list[str]] | str
) -> None:
    assert "differ" not in ask(one, other).text


def test_two_years_are_two_things() -> None:
    assert "differ" not in ask(table("17,606"), table("17,660", year="2020"), question="What was revenue?").text


def test_a_question_that_names_one_of_the_documents_is_of_that_one() -> None:
    found = ask(table("17,606"), table("17,660"), question="What was revenue in 2022, according to two?")
    assert "differ" not in found.text
