"""Every passage answers alone; the best score wins."""

import re

import pytest
from fakes import Shelf, scripted

from ingest.errors import OtherSide
from prompts.answers import Answer, AnswerDone, AnswerEvent, PlanMade, Step, Token, Verdict
from prompts.chat_model import ChatModel, TokenLogprob
from prompts.map_rerank import expected_score
from prompts.strategies import answer

GONE = OtherSide("gone", retryable=True)
TEXTS = ("Revenue rose by 12% in 2022.", "Revenue rose by 3% in 2021.", "The board has nine members.")


def run(
    model: ChatModel, question: str = "What happened to revenue?", texts: tuple[str, ...] = TEXTS
) -> list[AnswerEvent]:
    shelf = Shelf()
    return list(answer(question, [shelf.hit(text) for text in texts], "map_rerank", model, shelf.page_of))


def done(events: list[AnswerEvent]) -> Answer:
    assert isinstance(events[-1], AnswerDone)
    return events[-1].answer


def by_passage(*replies: object) -> ChatModel:
    def reply(prompt: str) -> object:
        return next(said for text, said in zip(TEXTS, replies, strict=True) if f"\n{text}\n" in prompt)

    return scripted(reply_to=reply)


def test_the_answer_with_the_best_score_wins() -> None:
    model = by_passage(
        "Revenue rose by 12% in 2022. [1]\nScore: 5",
        "Revenue rose by 3% in 2021. [1]\n**Score: 8/9**",
        "NOT_IN_DOCUMENTS",
    )
    events = run(model)
    result = done(events)
    assert isinstance(events[0], PlanMade) and events[0].calls == len(model.chat.prompts) == result.ledger.calls == 3
    assert [(s.text, s.verdict) for s in result.sentences] == [("Revenue rose by 3% in 2021.", Verdict.SUPPORTED)]
    assert [(c.page, c.quote) for c in result.citations] == [(2, "Revenue rose by 3% in 2021.")]
    assert [event.name for event in events if isinstance(event, Step)] == [
        "report.pdf p2: score 8.0/9",
        "report.pdf p1: score 5.0/9",
    ]
    assert "".join(event.text for event in events if isinstance(event, Token)) == "Revenue rose by 3% in 2021. [1]"
    assert result.notes == ("The scores are the model's own figures: the server gives no log probabilities.",)


def test_every_passage_is_shown_alone_as_the_first() -> None:
    model = scripted("NOT_IN_DOCUMENTS")
    assert done(run(model)).refused
    assert [re.findall(r'<passage number="(.*?)"', prompt) for prompt in model.chat.prompts] == [["[1]"]] * 3
    assert {options["logprobs"] for options in model.chat.options} == {True}


def test_a_score_is_what_the_log_probabilities_expect() -> None:
    sure = [("Revenue rose by 12% in 2022. [1]\nScore: ", {}), ("7", {"7": 0.5, "9": 0.5, "x": 0.0001})]
    unsure = [("Revenue rose by 3% in 2021. [1]\nScore: ", {}), ("8", {"8": 0.6, "1": 0.4})]
    result = done(run(by_passage(sure, unsure, "NOT_IN_DOCUMENTS")))
    assert result.citations[0].page == 1
    assert [step.name for step in result.steps] == ["report.pdf p1: score 8.0/9", "report.pdf p2: score 5.2/9"]
    assert result.notes == ()


def test_expected_score() -> None:
    assert expected_score([]) is None
    assert expected_score([TokenLogprob("7", 0.0)]) is None
    assert expected_score([TokenLogprob(" 4", -1.0, ((" 4", 0.0), ("nine", 0.0)))]) == 4.0


def test_a_tie_is_stated_and_goes_to_the_passage_ranked_first() -> None:
    result = done(
        run(
            by_passage(
                "Revenue rose by 12% in 2022. [1] Score: 6",
                "Revenue rose by 3% in 2021. [1] Score: 6",
                "None. Score: 0",
            )
        )
    )
    assert result.citations[0].page == 1
    assert re.search(
        r"2 passages answer equally well \(score 6.0/9\).*p2: Revenue rose by 3% in 2021\.", result.notes[1]
    )


def test_answers_without_a_score_count_as_nothing_and_are_said() -> None:
    result = done(run(by_passage("Revenue rose by 12% in 2022. [1]", "Revenue rose by 3% in 2021. [1] Score: 1", GONE)))
    assert result.citations[0].page == 2 and not result.complete
    assert result.notes[1:] == (
        "The scores are the model's own figures: the server gives no log probabilities.",
        "1 passages were answered without a score and count as 0.",
    )
    assert done(run(scripted("Revenue rose by 12% in 2022. [1]"))).citations[0].page == 1


def test_chinese() -> None:
    model = scripted("营业收入增长了12%。[1]\n评分：7")
    result = done(run(model, "营业收入增长多少？", ("营业收入增长了12%。",)))
    assert result.text == "营业收入增长了12%。"
    assert result.notes == ("得分为模型自报的数字：服务器不提供对数概率。",)
    assert "你根据用户文档中的一个段落" in model.chat.prompts[0]


@pytest.mark.parametrize("said", ["SCORE=9", "Score: **9**", "**Score:** 9."])
def test_scores_as_models_write_them(said: str) -> None:
    result = done(run(scripted(f"Revenue rose by 12% in 2022. [1]\n{said}"), texts=TEXTS[:1]))
    assert result.text == "Revenue rose by 12% in 2022." and result.steps[0].name.endswith("9.0/9")
