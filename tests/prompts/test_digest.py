"""Summaries without a model: central sentences of each section, in order, each quoted."""

from collections.abc import Sequence
from dataclasses import replace

from fakes import Shelf, table_block, text_block

from ingest.records import BlockKind
from prompts.answers import Answer, AnswerDone, Verdict
from prompts.digest import MOST_SENTENCES, digest, sections
from prompts.request import Request
from prompts.strategies import run
from retrieval.hits import Hit

MILL = [
    "The mill grinds wheat for the whole valley.",
    "Visitors may park behind the old church on Sundays.",
    "Wheat for the mill comes from farms of the valley.",
]
FERRY = ["The ferry crosses the lake every hour in summer.", "A ticket for the ferry across the lake costs 4 crowns."]


def summarise(shelf: Shelf, whole: Sequence[Hit], question: str, hits: Sequence[Hit] | None = None) -> Answer:
    asked = Request(question, tuple(hits or whole[:1]), shelf.page_of, whole=lambda: whole)
    *_, last = run(asked, "extractive")
    assert isinstance(last, AnswerDone)
    return last.answer


def test_each_section_gives_its_central_sentence_in_the_order_of_the_text() -> None:
    shelf = Shelf()
    whole = [shelf.hit(" ".join(MILL), section=("Mill",)), shelf.hit(" ".join(FERRY), section=("Ferry",))]
    texts = [unit.text for _, unit in digest(whole, shelf.page_of, most=2)]
    assert texts[0] in (MILL[0], MILL[2]) and texts[1] in FERRY


def test_the_answer_names_the_headings_and_quotes_word_for_word() -> None:
    shelf = Shelf()
    whole = [shelf.hit(" ".join(MILL), section=("Mill",)), shelf.hit(FERRY[0], section=("Ferry",))]
    said = summarise(shelf, whole, "Summarise this document.")
    assert said.sentences[-1].text == f"Ferry: {FERRY[0]}"
    assert [one.quote for one in said.citations] == [*MILL, FERRY[0]]
    assert all(one.verified for one in said.citations)
    assert all(one.verdict is Verdict.SUPPORTED for one in said.sentences)


def test_a_summary_of_documents_too_long_to_be_read_whole_says_so() -> None:
    shelf = Shelf()
    hits = (shelf.hit(" ".join(MILL), section=("Mill",)),)
    *_, last = run(Request("Summarise this document.", hits, shelf.page_of, whole=None), "extractive")
    assert isinstance(last, AnswerDone)
    assert last.answer.notes == ("Only the passages that the search found are summarised.",)
    assert summarise(shelf, hits, "Summarise this document.").notes == ()


def test_where_no_passage_was_found_the_whole_is_summarised() -> None:
    shelf = Shelf()
    asked = Request("总结这份文档。", (), shelf.page_of, whole=lambda: [shelf.hit(FERRY[0], section=("Ferry",))])
    *_, last = run(asked, "extractive")
    assert isinstance(last, AnswerDone)
    assert [one.quote for one in last.answer.citations] == [FERRY[0]]


def test_a_section_that_is_named_is_summarised_alone() -> None:
    shelf = Shelf()
    whole = [shelf.hit(" ".join(MILL), section=("Mill",)), shelf.hit(" ".join(FERRY), section=("The ferry",))]
    said = summarise(shelf, whole, "Give me an overview of the ferry")
    assert [one.quote for one in said.citations] == FERRY


def test_a_summary_of_a_topic_is_what_says_most_about_it() -> None:
    shelf = Shelf()
    whole = [shelf.hit(" ".join(MILL), section=("Mill",)), shelf.hit(" ".join(FERRY), section=("Lake",))]
    said = summarise(shelf, whole, "Summarise what a ticket for the ferry costs", hits=whole)
    assert said.citations[0].quote == FERRY[1]
    assert MILL[1] not in said.text


def test_how_the_summary_is_to_be_written_is_no_topic() -> None:
    shelf = Shelf()
    whole = [shelf.hit(MILL[0], section=("Mill",)), shelf.hit(FERRY[0], section=("Lake",))]
    said = summarise(shelf, whole, "Give me a short summary in five sentences", hits=whole)
    assert [one.quote for one in said.citations] == [MILL[0], FERRY[0]]


def test_chinese_sections_are_summarised_in_chinese() -> None:
    shelf = Shelf()
    whole = [shelf.hit("公司主要从事潮位计的研发和销售。联系电话见封底。", section=("业务",))]
    said = summarise(shelf, whole, "请总结这份文档的主要内容")
    assert said.sentences[0].text == "业务：公司主要从事潮位计的研发和销售。"
    assert said.citations[0].quote == "公司主要从事潮位计的研发和销售。"


def test_it_is_bounded_and_says_nothing_twice() -> None:
    shelf = Shelf()
    towns = ["Ash", "Bray", "Cole", "Dunn", "Elm", "Ford", "Gray", "Hull", "Ivy", "Jarrow"]
    whole = [
        shelf.hit(f"The town of {town} has a mill, a church and a harbour.", section=(f"Town {town}",))
        for town in [*towns, *towns]
    ]
    said = summarise(shelf, whole, "Summarise this document.")
    assert len(said.sentences) <= MOST_SENTENCES
    assert len({one.quote for one in said.citations}) == len(said.citations)


def test_tables_headings_and_scraps_are_no_sentences_of_a_summary() -> None:
    shelf = Shelf()
    whole = [shelf.hit(table_block([["Stop", "Fare"], ["Quay", "8.50"]]), "Page 4 of the price list", MILL[0])]
    assert [unit.text for _, unit in digest(whole, shelf.page_of)] == [MILL[0]]


def test_captions_and_what_pictures_within_a_page_say_are_no_sentences_of_a_summary() -> None:
    shelf, caption = Shelf(), replace(text_block(FERRY[0]), kind=BlockKind.CAPTION)
    drawn = text_block(FERRY[1])
    drawn = replace(drawn, words=tuple(word._replace(confidence=0.9) for word in drawn.words))
    whole = [shelf.hit(caption, drawn, MILL[0])]
    assert FERRY[1] in [unit.text for _, unit in digest(whole, shelf.page_of)]
    shelf.pages[1] = replace(shelf.pages[1], text_from="mixed")
    assert [unit.text for _, unit in digest(whole, shelf.page_of)] == [MILL[0]]


def test_the_longest_part_is_told_apart_by_its_next_headings() -> None:
    shelf = Shelf()
    paths = [("Report", "Part 1", "A"), ("Report", "Part 1", "B"), ("Report", "Part 2"), ("Report", "Part 2")]
    hits = [shelf.hit(text, section=path) for text, path in zip(["aaa", "bbb", "c", "d"], paths, strict=True)]
    assert [len(part) for part in sections(hits, 1)] == [4]
    assert [len(part) for part in sections(hits, 2)] == [2, 2]
    assert [len(part) for part in sections(hits, 3)] == [1, 1, 2]
    assert [len(part) for part in sections(hits, 9)] == [1, 1, 2]


def test_references_are_no_part_of_a_summary() -> None:
    shelf = Shelf()
    whole = [shelf.hit(MILL[0], section=("Mill",)), shelf.hit(FERRY[0], section=("References",))]
    assert [unit.text for _, unit in digest(whole, shelf.page_of)] == [MILL[0]]


def test_where_no_document_leads_the_hits_alone_are_summarised() -> None:
    shelves = {sha * 32: Shelf(name, name, sha * 32) for sha, name in (("ab", "one.pdf"), ("cd", "other.pdf"))}
    one, other = shelves.values()
    hits = (one.hit(MILL[0]), other.hit(FERRY[0]))
    unasked = [one.hit(MILL[2])]
    asked = Request("Summarise them.", hits, lambda sha, page: shelves[sha].page_of(sha, page), whole=lambda: unasked)
    *_, last = run(asked, "extractive")
    assert isinstance(last, AnswerDone)
    assert {one.quote for one in last.answer.citations} == {MILL[0], FERRY[0]}
