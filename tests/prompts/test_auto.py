"""The strategy that `auto` chooses, and the reason that it gives."""

from dataclasses import replace

import pytest
from fakes import Shelf, scripted

from prompts.answers import AnswerDone, PlanMade
from prompts.auto import auto, choose
from prompts.request import Request

LONG = "It is old and it stands by the river. " * 20


def request(question: str, count: int = 3, context: int = 8192, **more: object) -> Request:
    shelf = Shelf()
    hits = tuple(shelf.hit(f"Plant {n} employs {n + 100} people. {LONG}") for n in range(count))
    given = {"model": scripted("Fine. [1]", context_tokens=context), **more}
    return Request(question, hits, shelf.page_of, **given)  # type: ignore[arg-type]


def chosen(one: Request) -> tuple[str, str]:
    choice = choose(one)
    return choice.strategy.__name__, choice.why


@pytest.mark.parametrize(
    ("question", "strategy", "why"),
    [
        ("Who runs plant 3?", "stuff", "asks for a fact, and all 3 passages fit into one call"),
        ("List all plants.", "stuff", "asks for a list, and all 3"),
        ("3号工厂有几个人？", "stuff", "问题要的是一个数量，全部 3 个段落可放入一次调用"),
    ],
)
def test_what_fits_goes_into_one_call(question: str, strategy: str, why: str) -> None:
    name, said = chosen(request(question))
    assert name == strategy and why in said


@pytest.mark.parametrize(
    ("question", "strategy", "why"),
    [
        ("Who runs plant 3?", "map_rerank", "the 12 passages do not fit into one call: each answers alone"),
        ("List all plants.", "map_reduce", "12 passages of 1 documents do not fit"),
        ("How many plants are there?", "map_reduce", "asks for a count"),
        ("Is plant 3 larger than plant 4?", "map_reduce", "asks for a comparison"),
    ],
)
def test_what_does_not_fit_is_shared_out_by_the_kind_of_question(question: str, strategy: str, why: str) -> None:
    name, said = chosen(request(question, count=12, context=1600))
    assert name == strategy and why in said


def test_the_budget_binds() -> None:
    name, why = chosen(request("List all plants.", count=12, context=1600, most_calls=2))
    assert name == "stuff" and "2 are allowed: one call with the best that fit" in why


def test_a_summary_reads_the_whole_text() -> None:
    one = request("Summarise the report.")
    assert chosen(one)[0] == "stuff"  # where only the hits can be had
    name, why = chosen(replace(one, whole=lambda: one.hits))
    assert name == "tree" and "asks for a summary" in why and "in 2 calls at most" in why
    assert chosen(replace(one, whole=lambda: one.hits * 40, most_calls=3))[0] == "stuff"
    assert chosen(replace(one, whole=lambda: one.hits, hits=()))[0] == "tree"  # none has a word of the question


def test_several_questions_are_searched_for_again() -> None:
    one = request("When was plant 3 built, and who paid for it?")
    assert chosen(one)[0] == "stuff"
    assert chosen(replace(one, search=lambda text: ()))[0] == "iterative"


def test_without_a_model_or_hits() -> None:
    assert chosen(request("Who runs plant 3?", model=None)) == (
        "extractive",
        "No model server: quotes from the documents.",
    )
    assert chosen(request("谁？", count=0))[1] == "检索没有找到可交给模型的内容。"


def test_the_plan_and_the_answer_say_why() -> None:
    events = list(auto(request("Who runs plant 3?")))
    assert isinstance(events[0], PlanMade) and isinstance(events[-1], AnswerDone)
    assert events[0].why == events[-1].answer.why != ""
    assert events[0].input_tokens > 0 and events[0].output_tokens == 800
