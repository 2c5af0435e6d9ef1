"""No passage lost, no overflow, nothing cited that was not shown: for any number and length of passages."""

import re

import pytest
from fakes import Shelf, scripted
from hypothesis import example, given, settings
from hypothesis import strategies as st

from prompts.answers import AnswerDone, PlanMade
from prompts.budget import answer_tokens, clip, group, join_rounds
from prompts.chat_model import estimate_tokens
from prompts.request import Request
from prompts.strategies import run
from prompts.tree import whole_of

READ_ALL = ("map_reduce", "refine", "map_rerank", "tree")
NUMBER = re.compile(r'<passage number="\[(\d+)\]"')


@given(st.lists(st.integers(1, 300), max_size=80), st.integers(20, 400))
def test_groups_hold_every_text_in_order(sizes: list[int], limit: int) -> None:
    texts = [f"{n} " + "的" * size for n, size in enumerate(sizes)]
    groups = group(texts, limit, estimate_tokens)
    assert [text for members in groups for text in members] == texts
    assert all(len(one) == 1 or sum(estimate_tokens(t) + 2 for t in one) <= limit for one in groups)


@given(st.text(max_size=300), st.integers(0, 100))
def test_clipped_text_fits(text: str, tokens: int) -> None:
    clipped = clip(text, tokens, estimate_tokens)
    assert text.startswith(clipped) and estimate_tokens(clipped) <= tokens


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8), st.integers(2, 9))
def test_rounds_of_joining_end(counts: list[int], a_call: int) -> None:
    rounds = join_rounds(counts, a_call)
    assert rounds == sorted(rounds, reverse=True) and len(set(rounds)) == len(rounds)
    assert (rounds[-1] if rounds else sum(counts)) <= a_call


def test_the_levels_of_a_long_document() -> None:
    assert join_rounds([276], 12) == [23, 2]
    assert join_rounds([3, 3, 3], 4) == [3]
    assert join_rounds([1] * 9, 4) == [3]


@pytest.mark.parametrize("strategy", ["stuff", "iterative", *READ_ALL])
@settings(max_examples=8, deadline=None)
@example(count=500, words=8, context=1500)
@given(
    count=st.integers(1, 40),
    words=st.integers(1, 120),
    context=st.integers(1100, 6000),
)
def test_no_prompt_overflows_and_no_passage_is_lost(strategy: str, count: int, words: int, context: int) -> None:
    shelf = Shelf()
    hits = tuple(shelf.hit(f"Plant number {n} employs {n + 100} people. " + "Old 厂. " * words) for n in range(count))

    def reply(prompt: str) -> str:
        shown = [int(n) for n in NUMBER.findall(prompt)]
        return f"Plant number {count} employs a thousand people. [{shown[-1] if shown else 1}] Score: 5"

    model = scripted(reply_to=reply, context_tokens=context)
    request = Request("How many people does plant 1 employ?", hits, shelf.page_of, model, whole=lambda: hits)
    events = list(run(request, strategy, fallback=False))
    plan, last = events[0], events[-1]
    assert isinstance(plan, PlanMade) and isinstance(last, AnswerDone)
    prompts = model.chat.prompts
    assert len(prompts) == last.answer.ledger.calls <= plan.calls
    longest = answer_tokens(request)
    assert all(model.count_tokens(one) + model.template_tokens + longest <= context for one in prompts)
    assert last.answer.ledger.input_tokens == 100 * len(prompts)  # as the scripted server reports
    assert sum(one.counted for one in last.answer.ledger.entries) <= plan.input_tokens
    read = {text for prompt in prompts for text in re.findall(r"Plant number (\d+) employs \d+ people", prompt)}
    shown = {str(hit.chunk.ordinal) for hit in hits} & read
    if strategy in READ_ALL:
        assert len(shown) == count
    cited = {hit.chunk.ordinal for hit in hits for one in last.answer.citations if hit.chunk.page == one.page}
    assert {str(one) for one in cited} <= shown
    assert whole_of(request) == hits
