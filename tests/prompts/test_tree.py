"""Summaries in levels: what each call reads, what is kept, what is cited."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import Shelf, scripted

from ingest.errors import OtherSide
from prompts.answers import Answer, AnswerDone, AnswerEvent, PlanMade, Verdict
from prompts.chat_model import ChatModel
from prompts.request import Request, bare_heading, names_heading
from prompts.strategies import run
from prompts.summaries import Summaries
from prompts.tree import whole_of
from retrieval.hits import Hit

GONE = OtherSide("gone", retryable=True)
QUESTION = "Summarise the report."
OLD = "It is old and it stands by the river. " * 12


def book(
    count: int, name: str = "report.pdf", document_id: str = "d1", sha256: str = "ab" * 32
) -> tuple[Shelf, list[Hit]]:
    shelf = Shelf(name, document_id, sha256)
    hits = [
        shelf.hit(f"Plant number {n} employs {n + 100} people. " + "It is old. " * 30, section=(f"Chapter {n // 10}",))
        for n in range(count)
    ]
    return shelf, hits


def numbers(prompt: str) -> list[int]:
    return [int(n) for n in re.findall(r'<passage number="\[(\d+)\]"', prompt)]


def reply(prompt: str) -> str:
    """Of passages their first; of notes the first mark's sentence again."""
    if shown := numbers(prompt):
        return f"Plant number {shown[0] - 1} employs {shown[0] + 99} people. [{shown[0]}] {OLD}"
    return re.findall(r"<note>\n(.*?)\n</note>", prompt, re.DOTALL)[0]


def ask(
    shelf: Shelf, hits: list[Hit], model: ChatModel, cache: Summaries | None = None, question: str = QUESTION
) -> list[AnswerEvent]:
    request = Request(question, tuple(hits[:3]), shelf.page_of, model, whole=lambda: hits, cache=cache)
    return list(run(request, "tree", fallback=False))


def done(events: list[AnswerEvent]) -> Answer:
    assert isinstance(events[-1], AnswerDone)
    return events[-1].answer


def levels(model: ChatModel) -> tuple[list[str], list[str], list[str]]:
    leaves = sorted((prompt for prompt in model.chat.prompts if numbers(prompt)), key=numbers)
    joins = [prompt for prompt in model.chat.prompts if "join summaries" in prompt]
    rest = [prompt for prompt in model.chat.prompts if prompt not in leaves and prompt not in joins]
    return leaves, joins, rest


def test_every_passage_is_read_once_and_the_levels_are_shown() -> None:
    shelf, hits = book(60)
    model = scripted(reply_to=reply, context_tokens=1600)
    events = ask(shelf, hits, model)
    leaves, joins, last = levels(model)
    assert [n for prompt in leaves for n in numbers(prompt)] == list(range(1, 61))
    assert len(leaves) > len(joins) > 0 and len(last) == 1
    assert isinstance(events[0], PlanMade) and len(model.chat.prompts) <= events[0].calls
    assert all(model.count_tokens(prompt) + 400 < 1600 for prompt in model.chat.prompts)
    result = done(events)
    assert result.steps[0].name == f"Level 1: {len(leaves)} summaries"
    assert "Plant number 0 employs 100 people. [p. p1]" in result.steps[0].text
    assert result.sentences[0].verdict is Verdict.SUPPORTED
    assert [(one.page, one.quote) for one in result.citations] == [(1, "Plant number 0 employs 100 people.")]


def test_the_pages_cited_are_those_that_the_marks_name_through_all_levels() -> None:
    shelf, hits = book(60)

    def last_first(prompt: str) -> str:
        shown = numbers(prompt)
        if shown:
            return f"Plant number {shown[-1] - 1} employs {shown[-1] + 99} people. [{shown[-1]}]"
        return re.findall(r"<note>\n(.*?)\n</note>", prompt, re.DOTALL)[-1]

    result = done(ask(shelf, hits, scripted(reply_to=last_first, context_tokens=1600)))
    assert [(one.page, one.quote) for one in result.citations] == [(60, "Plant number 59 employs 159 people.")]
    assert {hit.chunk.page for hit in result.hits} <= set(range(1, 61)) and len(result.hits) < 60


def test_what_was_summarised_is_not_summarised_again(tmp_path: Path) -> None:
    shelf, hits = book(30)
    cache = Summaries(tmp_path / "summaries")
    first, again = scripted(reply_to=reply, context_tokens=1600), scripted(reply_to=reply, context_tokens=1600)
    one, other = done(ask(shelf, hits, first, cache)), done(ask(shelf, hits, again, cache, "Summarise it, please."))
    assert len(first.chat.prompts) > 5 and len(again.chat.prompts) == 1
    assert one.text == other.text and one.citations == other.citations
    larger = scripted(reply_to=reply, context_tokens=1600)
    ask(shelf, hits, replace(larger, name="larger"), cache)
    assert len(larger.chat.prompts) == len(first.chat.prompts)


def test_a_tree_goes_on_where_it_stopped(tmp_path: Path) -> None:
    shelf, hits = book(30)
    cache, calls = Summaries(tmp_path / "summaries"), 0

    def dies(prompt: str) -> object:
        nonlocal calls
        calls += 1
        return reply(prompt) if calls <= 4 else GONE

    result = done(ask(shelf, hits, scripted(reply_to=lambda prompt: "NOT_IN_DOCUMENTS", context_tokens=1600)))
    assert result.refused
    with pytest.raises(OtherSide):
        ask(shelf, hits, scripted(reply_to=dies, context_tokens=1600), cache)
    model, fresh = scripted(reply_to=reply, context_tokens=1600), scripted(reply_to=reply, context_tokens=1600)
    ask(shelf, hits, model, cache)
    ask(shelf, hits, fresh)
    assert len(levels(model)[0]) == len(levels(fresh)[0]) - 4


def test_documents_are_summarised_apart_before_they_are_joined() -> None:
    one, first = book(20)
    other, second = book(20, "other.pdf", "d2", "cd" * 32)

    def page_of(sha256: str, number: int) -> object:
        return (one if sha256 == "ab" * 32 else other).page_of(sha256, number)

    model = scripted(reply_to=reply, context_tokens=1600)
    request = Request(QUESTION, tuple(first[:2]), page_of, model, whole=lambda: [*first, *second])  # type: ignore[arg-type]
    events = list(run(request, "tree", fallback=False))
    for name in ("report.pdf", "other.pdf"):
        leaves = [prompt for prompt in levels(model)[0] if f'document="{name}"' in prompt]
        assert [n for prompt in leaves for n in numbers(prompt)] == list(range(1, 21))
        assert all(prompt.count("document=") == prompt.count(f'document="{name}"') for prompt in leaves)
    assert isinstance(events[0], PlanMade) and len(model.chat.prompts) <= events[0].calls


def test_a_summary_that_stands_alone_is_not_summarised_again() -> None:
    one, first = book(2)
    other, second = book(40, "other.pdf", "d2", "cd" * 32)

    def page_of(sha256: str, number: int) -> object:
        return (one if sha256 == "ab" * 32 else other).page_of(sha256, number)

    model = scripted(reply_to=reply, context_tokens=1600)
    request = Request(QUESTION, tuple(first), page_of, model, whole=lambda: [*first, *second])  # type: ignore[arg-type]
    list(run(request, "tree", fallback=False))
    assert all(prompt.count("<note>") > 1 for prompt in levels(model)[1])


def test_a_section_that_the_question_names_is_all_that_is_read() -> None:
    shelf, hits = book(30)
    request = Request("Summarise chapter 2", tuple(hits[:1]), shelf.page_of, whole=lambda: hits)
    assert [hit.chunk.ordinal for hit in whole_of(replace(request, question="Summarise Chapter 2"))] == list(
        range(20, 30)
    )
    assert len(whole_of(replace(request, question="Summarise it"))) == 30
    assert whole_of(replace(request, whole=None)) == request.hits


def test_a_failed_call_is_said() -> None:
    shelf, hits = book(30)

    def some(prompt: str) -> object:
        return GONE if 'number="[1]"' in prompt else reply(prompt)

    result = done(ask(shelf, hits, scripted(reply_to=some, context_tokens=1600)))
    assert not result.complete and "model calls failed" in result.notes[0]


def test_chinese() -> None:
    shelf = Shelf()
    hits = [shelf.hit("营业收入增长了12%。"), shelf.hit("员工共有九十人。")]
    model = scripted("营业收入增长了12%。[1]")
    result = done(ask(shelf, hits, model, question="请总结这份报告"))
    assert result.steps[0].name == "第 1 级：1 份概括" and "你概括一份文档" in model.chat.prompts[0]
    assert result.citations[0].verified


def test_kept_texts(tmp_path: Path) -> None:
    cache = Summaries(tmp_path / "summaries")
    cache.keep_only([])
    assert cache.get("aa", "k") is None
    cache.put("aa", "k", "摘要")
    cache.put("bb", "k", "other")
    assert cache.get("aa", "k") == "摘要"
    assert cache.strays(["aa"]) == ["bb"]
    cache.keep_only(["aa"])
    assert (cache.get("aa", "k"), cache.get("bb", "k")) == ("摘要", None)
    assert [path.name for path in (tmp_path / "summaries").rglob("*") if path.is_file()] == ["k.txt"]


@pytest.mark.parametrize(
    ("heading", "bare"),
    [
        ("3.2  Results of\noperations", "Results of operations"),
        ("Item 7. Risk factors", "Risk factors"),
        ("第三章 财务状况", "财务状况"),
        ("（二）主要产品", "主要产品"),
        ("Outlook", "Outlook"),
        ("IV.", "IV."),
    ],
)
def test_a_heading_is_named_without_its_number(heading: str, bare: str) -> None:
    assert bare_heading(heading) == bare
    assert names_heading(f"summarise {bare.casefold()}, please", heading) == (len(bare) >= 4)
