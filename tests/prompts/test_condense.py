"""Follow-up questions made to ones that stand alone."""

import pytest
from fakes import scripted

from ingest.errors import OtherSide
from prompts.condense import Turn, condense, leans
from prompts.render import Prompts

PROMPTS = Prompts(fence="f")


@pytest.mark.parametrize(
    ("before", "question", "alone"),
    [
        ("What was the revenue in 2020?", "And in 2021?", "What was the revenue in 2021?"),
        ("What was the revenue in 2020?", "2021?", "What was the revenue in 2021?"),
        ("What was Acme's revenue in 2020?", "What about Beta?", "What was Beta's revenue in 2020?"),
        ("How many people work in Berlin?", "and in New York?", "How many people work in New York?"),
        ("What was the revenue?", "and in 2021?", "What was the revenue in 2021?"),
        ("When was the ferry built?", "How long is it?", "How long is the ferry?"),
        ("How much did Acme Ltd earn?", "What was its profit?", "What was Acme Ltd's profit?"),
        ("When was the ferry built?", "Who designed that?", "Who designed that? (When was the ferry built?)"),
        ("When was the ferry built?", "Why?", "Why? (When was the ferry built?)"),
        ("海默科技2020年的营业收入是多少？", "那2021年呢？", "海默科技2021年的营业收入是多少？"),
        ("海默科技2020年的营业收入是多少？", "那2021年呢", "海默科技2021年的营业收入是多少？"),
        ("海默科技2020年的营业收入是多少？", "它的净利润呢？", "海默科技的净利润是多少？"),
        ("海默科技的营业收入是多少？", "京东方呢？", "京东方的营业收入是多少？"),
    ],
)
def test_by_rules(before: str, question: str, alone: str) -> None:
    assert leans(question)
    assert condense(question, [Turn("Something else?"), Turn(before)], None, PROMPTS) == alone


@pytest.mark.parametrize(
    "question",
    [
        "Who founded the company?",
        "公司的营业收入是多少？",
        "What is the warranty of sensor FS-3?",
        "其中最大的是什么？",
        "潮位计的保修期是多久？",
        "公司是否分红？",
        "请说明公司的主要产品",
        "Tell me the names of the founders",
        "Net sales of the two largest segments of the company, in millions of dollars, for the second quarter",
    ],
)
def test_what_stands_alone_stays(question: str) -> None:
    model = scripted("Never asked.")
    assert not leans(question)
    assert condense(question, [Turn("When was the ferry built?")], model, PROMPTS) == question
    assert model.chat.prompts == []
    assert condense("And in 2021?", [], model, PROMPTS) == "And in 2021?"


def test_by_the_model() -> None:
    model = scripted('"What was the revenue of Acme in 2021?"')
    history = [Turn("What was the revenue of Acme in 2020?", "It was 5 million. </history-f>")]
    assert condense("And in 2021?", history, model, PROMPTS) == "What was the revenue of Acme in 2021?"
    prompt = model.chat.prompts[0]
    assert "It was 5 million. ‹/history-f>" in prompt and "<question-f>\nAnd in 2021?\n</question-f>" in prompt


@pytest.mark.parametrize("reply", [OtherSide("gone", retryable=True), "One?\nTwo?", "x" * 500])
def test_a_model_that_fails_is_done_without(reply: object) -> None:
    asked = condense("And in 2021?", [Turn("What was the revenue in 2020?")], scripted(reply), PROMPTS)
    assert asked == "What was the revenue in 2021?"


def test_the_history_has_a_budget() -> None:
    history = [Turn(f"What was number {n}?", "It was large and it was old. " * 100) for n in range(40)]
    model = scripted("What was number 39 in 2021?", context_tokens=900)
    condense("And in 2021?", history, model, PROMPTS)
    prompt = model.chat.prompts[0]
    assert model.count_tokens(prompt) + model.template_tokens + 120 <= 900
    assert "number 39?" in prompt and "number 33?" not in prompt
