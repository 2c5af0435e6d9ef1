import pytest

from prompts.asked_values import kinds_asked, offered, shapes_shown, words_answered
from prompts.claims import claim_of_question
from prompts.passages import Unit


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("How much was revenue?", ["number"]),
        ("What is the telephone no for the harbour office?", ["telephone"]),
        ("What is the e-mail address of the keeper?", ["email"]),
        ("How were e-mails archived?", []),
        ("码头办公室的电话是多少？", ["number", "telephone"]),
        ("What is the topic of unit 14?", ["title"]),
        ("How long is the notice period?", ["duration"]),
        ("Who is the keeper?", []),
    ],
)
def test_the_kinds_of_value_that_a_question_asks_for(question: str, kinds: list[str]) -> None:
    assert kinds_asked(question) == kinds


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("telephone", "Tel: 01983 873655", True),
        ("telephone", "(308) 236-5137", True),
        ("telephone", "+49 30 1234567", True),
        ("telephone", "2018 2017", False),
        ("telephone", "Revenue | 1,234 | 5,678", False),
        ("telephone", "17,606 15,785 9,120", False),
        ("email", "write to keeper@harbour.example", True),
        ("email", "keeper at harbour", False),
        ("web", "see www.harbour.example/ferry", True),
        ("number", "17", False),  # known by no shape of its own
    ],
)
def test_values_known_by_their_shape(kind: str, text: str, shown: bool) -> None:
    assert shapes_shown([kind], text) is shown


def test_a_value_answers_the_words_that_ask_for_it() -> None:
    assert claim_of_question("telephone").terms <= words_answered(["telephone"], "01983 873655")
    assert not words_answered(["telephone"], "no such thing")


def test_the_share_of_the_kinds_that_a_piece_offers() -> None:
    asked = claim_of_question("How many of the 12 pilots, in percent?")
    assert offered([], asked, Unit(0, 2, "12")) == 0
    assert offered(["number", "percent"], asked, Unit(0, 10, "12 pilots, 7")) == 0.5
    assert offered(["title"], asked, Unit(0, 5, "Unit 14", heading=True)) == 1
