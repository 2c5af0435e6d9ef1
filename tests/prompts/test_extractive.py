from dataclasses import replace

import pytest
from fakes import Shelf, table_block

from prompts.answers import Answer, AnswerDone, CitedCell, HitsFound, PlanMade, SentenceDone, Verdict
from prompts.picking import least_coverage
from prompts.strategies import answer
from retrieval.hits import PAGE_NAMED, FoundBy, Hit

INCOME = [["(in millions)", "2022", "2021"], ["Revenue", "17,606", "15,785"], ["Operating costs", "9,120", "9,480"]]
CHINESE_TABLE = [["项目", "2022年", "2021年"], ["营业收入", "17,606", "15,785"], ["研发费用", "1,230", "980"]]


def ask(shelf: Shelf, hits: list[Hit], question: str) -> Answer:
    events = list(answer(question, hits, "extractive", None, shelf.page_of))
    assert isinstance(events[0], PlanMade) and events[0].calls == 0
    assert isinstance(events[1], HitsFound)
    assert isinstance(events[-1], AnswerDone)
    done = events[-1].answer
    if not done.refused:
        assert done.sentences == tuple(event.sentence for event in events if isinstance(event, SentenceDone))
    assert done.hits == tuple(hits)
    return done


@pytest.fixture
def shelf() -> Shelf:
    return Shelf("acme_2022.pdf")


@pytest.fixture
def hits(shelf: Shelf) -> list[Hit]:
    return [
        shelf.hit(
            "Jane Doe was appointed chief executive officer on 3 May 2021. She is a chemist.", section=("Board",)
        ),
        shelf.hit(table_block(INCOME), section=("Income statement",)),
        shelf.hit("研发费用为1,230万元，主要用于人工智能平台建设。公司注重质量。", section=("经营情况",)),
    ]


def test_a_sentence_is_the_quote(shelf: Shelf, hits: list[Hit]) -> None:
    done = ask(shelf, hits, "Who is the chief executive officer?")
    assert done.text == "Jane Doe was appointed chief executive officer on 3 May 2021."
    assert done.sentences[0].verdict is Verdict.SUPPORTED
    assert (done.citations[0].quote, done.citations[0].page, done.citations[0].verified) == (done.text, 1, True)


def test_row_and_column_asked_for_give_the_cell(shelf: Shelf, hits: list[Hit]) -> None:
    done = ask(shelf, hits, "What were operating costs in 2021?")
    assert done.text == "Operating costs: 2021 9,480"
    assert done.citations[0].quote == "9,480"
    assert done.citations[0].cell == CitedCell(2, 2, ("2021", "Operating costs"))


def test_a_row_asked_for_without_a_column_gives_the_row_with_its_headers(shelf: Shelf, hits: list[Hit]) -> None:
    done = ask(shelf, hits, "What was revenue?")
    assert done.text == "Revenue: 2022 17,606; 2021 15,785"
    assert done.citations[0].quote == "Revenue | 17,606 | 15,785"
    assert done.citations[0].cell is None
    assert len(done.citations[0].boxes) == 3


def test_chinese_question_sentence_and_cell(shelf: Shelf, hits: list[Hit]) -> None:
    done = ask(shelf, hits, "研发费用主要用于哪些方面？")
    assert done.text == "研发费用为1,230万元，主要用于人工智能平台建设。"
    table = Shelf()
    done = ask(table, [table.hit(table_block(CHINESE_TABLE))], "公司2021年的营业收入是多少？")
    assert done.text == "营业收入：2021年 15,785"
    assert done.citations[0].cell == CitedCell(1, 2, ("2021年", "营业收入"))


@pytest.mark.parametrize(
    "question", ["What is the capital of France?", "What is the CEO's favourite colour?", "what?", "?"]
)
def test_refuses_in_english(shelf: Shelf, hits: list[Hit], question: str) -> None:
    done = ask(shelf, hits, question)
    assert done.refused
    assert done.text.startswith("Nothing in these documents answers this.")


@pytest.mark.parametrize("question", ["董事长的年龄是多少？", "公司的员工人数是多少？", "什么？"])
def test_refuses_in_chinese(shelf: Shelf, hits: list[Hit], question: str) -> None:
    done = ask(shelf, hits, question)
    assert done.refused
    assert done.text.startswith("这些文档中没有找到答案。")


def test_a_year_that_no_document_speaks_of_is_refused() -> None:
    shelf = Shelf()
    hits = [shelf.hit("Revenue was 17,606 in 2022."), shelf.hit("Costs fell in 2022.")]
    assert ask(shelf, hits, "What was revenue in 2035?").refused
    assert not ask(shelf, hits, "What was revenue in 2022?").refused


def test_the_same_sentence_from_overlapping_chunks_is_given_once() -> None:
    shelf = Shelf()
    hits = [
        shelf.hit("The notice period is six months."),
        shelf.hit("The notice period  is six months. It may be waived."),
    ]
    assert ask(shelf, hits, "How long is the notice period?").text == "The notice period is six months."


def test_a_heading_that_repeats_the_question_does_not_answer_it() -> None:
    shelf = Shelf()
    hits = [shelf.hit("Notice period"), shelf.hit("The notice period is six months for both parties.")]
    assert (
        ask(shelf, hits, "What is the notice period?").sentences[0].text.startswith("The notice period is six months")
    )


def test_no_hits_is_a_refusal() -> None:
    assert ask(Shelf(), [], "What was revenue?").refused


def test_of_two_columns_named_the_one_with_a_percentage_answers_for_a_share() -> None:
    table = Shelf("report.pdf")
    rows = [["产品", "营业收入", "占比"], ["潮位计", "2770", "47.5%"], ["雾传感器", "1590", "27.3%"]]
    done = ask(table, [table.hit(table_block(rows))], "雾传感器的营业收入占比是多少？")
    assert done.citations[0].quote == "27.3%"
    done = ask(table, [table.hit(table_block(rows))], "雾传感器的营业收入是多少？")
    assert done.citations[0].quote == "1590"


def on_named_page(hit: Hit) -> Hit:
    return replace(hit, found_by=(FoundBy(PAGE_NAMED, 1, 1.0),))


def test_a_page_that_is_named_answers_and_its_number_is_nothing_to_look_for() -> None:
    shelf = Shelf("a.pdf")
    other = shelf.hit("The key of the office hangs behind door 12, on the pages of the log.")
    named = on_named_page(shelf.hit("The key of the lamp house hangs in the harbour office."))
    done = ask(shelf, [other, named], "Where does the key hang, according to page 12?")
    assert done.text == "The key of the lamp house hangs in the harbour office."


def test_a_page_asked_for_as_such_is_quoted_from_its_beginning_for_each_document() -> None:
    shelf = Shelf("a.pdf")
    first = on_named_page(shelf.hit("One buoy is red. Another is green. A third is black. A fourth is lost."))
    aside = shelf.hit("Page 12 is not this one.")
    for question in ("What is on page 12?", "What does page 12 say?", "第12页说了什么？", "第 12 页的主要内容是什么？"):
        done = ask(shelf, [first, aside], question)
        assert [one.quote for one in done.citations] == ["One buoy is red.", "Another is green.", "A third is black."]
    assert ask(shelf, [aside], "What does it say on page 99?").refused


def test_the_name_of_a_document_is_nothing_to_look_for_on_a_page_that_is_named() -> None:
    shelf = Shelf("BUOYS_2024.pdf")
    named = on_named_page(shelf.hit("One is red. Another is green."))
    for question in ("What does page 5 of BUOYS say?", "What does page 5 of buoys_2024 say?"):
        assert [one.quote for one in ask(shelf, [named], question).citations] == ["One is red.", "Another is green."]
    assert ask(shelf, [named], "What does page 5 of BUOYS say about whales?").refused


def test_a_sentence_that_leads_to_a_list_is_given_with_it() -> None:
    shelf = Shelf()
    hits = [shelf.hit("The mill makes these products:\n- oat flakes\n- rye flour"), shelf.hit("Rye grows in June.")]
    done = ask(shelf, hits, "Which products does the mill make?")
    assert [one.quote for one in done.citations][:3] == [
        "The mill makes these products:",
        "- oat flakes",
        "- rye flour",
    ]


def test_how_to_write_the_answer_is_nothing_to_look_for() -> None:
    shelf = Shelf()
    hits = [shelf.hit("Revenue was 17,606 in 2022.")]
    done = ask(shelf, hits, "What was revenue in FY2022? Answer in USD millions and round it to two decimal places.")
    assert done.text == "Revenue was 17,606 in 2022."


def test_of_two_rows_the_one_whose_whole_label_is_named_comes_first() -> None:
    table = Shelf("report.pdf")
    rows = [["", "2022", "2021"], ["Revenue of associates and partners", "31", "28"], ["Revenue", "900", "870"]]
    done = ask(table, [table.hit(table_block(rows))], "What was revenue in 2021?")
    assert done.citations[0].quote == "870"


def test_a_row_that_is_met_in_another_cell_than_its_label_is_shown_whole() -> None:
    table = Shelf("manual.pdf")
    rows = [["Feature", "What it does", "Version 3"], ["Inventories", "Lists objects periodically", "Supported"]]
    done = ask(table, [table.hit(table_block(rows))], "Which feature lists objects periodically in version 3?")
    assert done.citations[0].quote == "Inventories | Lists objects periodically | Supported"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How long is the warranty of the gauge?", "The gauge has a warranty of three years."),
        ("For how many months is the warranty of the pump?", "The pump has a warranty of 18 months."),
    ],
)
def test_how_long_asks_for_a_duration(question: str, answer: str) -> None:
    shelf = Shelf("manual.pdf")
    hits = [
        shelf.hit("The warranty of the gauge and of the pump is void once the case of the gauge or pump is opened."),
        shelf.hit("The gauge has a warranty of three years."),
        shelf.hit("The pump has a warranty of 18 months."),
    ]
    assert ask(shelf, hits, question).sentences[0].text == answer


def test_how_long_asks_for_a_duration_in_chinese() -> None:
    shelf = Shelf("手册.pdf")
    hits = [
        shelf.hit("水位计的保修条款自2019年5月3日起适用，保修以发票为准。"),
        shelf.hit("水位计的保修期为三年。"),
    ]
    assert ask(shelf, hits, "水位计的保修期是多久？").sentences[0].text == "水位计的保修期为三年。"


def test_what_offers_no_answer_of_the_kind_asked_for_does_not_stand_beside_one_that_does() -> None:
    shelf = Shelf("report.pdf")
    warranty = [["Product", "Model", "Warranty"], ["Tide gauge", "TG-9", "5 years"], ["Fog sensor", "FS-3", "3 years"]]
    hits = [
        shelf.hit(table_block(warranty)),
        shelf.hit("Outside the warranty a repair of a tide gauge costs 480 euros on average."),
    ]
    assert ask(shelf, hits, "How long is the warranty of the tide gauge?").text == "Tide gauge: Warranty 5 years"
    beside = ask(shelf, hits, "What does a repair of a tide gauge outside the warranty cost?").text
    assert beside.startswith("Outside the warranty")


@pytest.mark.parametrize(("presence", "refused"), [(0.1, True), (None, True), (0.95, False)])
def test_the_likelier_an_answer_is_the_less_of_the_question_must_be_covered(
    shelf: Shelf, presence: float | None, refused: bool
) -> None:
    hits = [shelf.hit("The lamp stands in the gallery.")]  # two of the question's seven words
    question = "Which colour did the keeper's brother paint the lamp gallery's wooden door?"
    events = list(answer(question, hits, "extractive", None, shelf.page_of, presence=presence))
    assert isinstance(events[-1], AnswerDone) and events[-1].answer.refused is refused


def test_what_must_be_covered() -> None:
    assert least_coverage(False, None) == 0.33 and least_coverage(True, None) == 0.48
    assert [least_coverage(False, presence) for presence in (0.0, 0.5, 1.0)] == [0.5, 0.25, 0.0]
    assert least_coverage(True, 0.0) == least_coverage(True, 1.0) == 0.48


def test_a_telephone_number_answers_beside_no_word_of_the_question() -> None:
    shelf = Shelf("a.pdf")
    hits = [
        shelf.hit("The Limes Home cares for 28 people. Harbour Road 43. Tel: 01983 873655."),
        shelf.hit("The Limes Home keeps its telephone in the hall."),
    ]
    done = ask(shelf, hits, "What is the telephone number of The Limes Home?")
    assert [one.quote for one in done.citations] == ["Tel: 01983 873655."]


def test_what_is_asked_by_which_is_answered_by_the_whole_row(shelf: Shelf, hits: list[Hit]) -> None:
    done = ask(shelf, hits, "Which operating costs were 9,480 in 2021?")
    assert done.citations[0].quote == "Operating costs | 9,120 | 9,480"


def test_rows_of_one_label_are_told_apart_by_the_row_before() -> None:
    rows = [
        ["", "2021", "2022"],
        ["Bonds", "12", "13"],
        ["Average interest rate", "2.1%", "2.2%"],
        ["Asset-backed securities", "14", "15"],
        ["Average interest rate", "3.1%", "3.2%"],
    ]
    shelf = Shelf("a.pdf")
    done = ask(
        shelf, [shelf.hit(table_block(rows))], "What was the average interest rate of asset-backed securities in 2022?"
    )
    assert done.citations[0].quote == "3.2%"
