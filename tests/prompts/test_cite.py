"""The citations and verdicts of sentences as a model might write them, by hand, in both languages."""

import subprocess
import sys
from dataclasses import replace

import pytest
from fakes import Shelf, table_block
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.corrections import corrected
from ingest.records import BBox
from prompts.answers import Citation, CitedCell, Sentence, Verdict
from prompts.cite import Citer
from retrieval.hits import Hit

INCOME = [["(in millions)", "2022", "2021"], ["Revenue", "17,606", "15,785"], ["Operating costs", "9,120", "9,480"]]
REVENUE = "Revenue increased by 12% to $17,606 million in 2022."
APPOINTED = "Jane Doe was appointed chief executive officer on 3 May 2021."
INCOME_ZH = "公司2022年实现营业收入17,606万元，同比增长12%。"
PROSE = "Revenue increased by 12% to $17,606 million in 2022. Operating costs fell because of lower energy prices."
CHINESE = "公司2022年实现营业收入17,606万元，同比增长12%。研发费用为1,230万元，主要用于人工智能平台建设。"
BOARD = "The board consists of nine mem-\nbers. Jane Doe was appointed chief executive officer on 3 May 2021."


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def hits(shelf: Shelf) -> list[Hit]:
    return [
        shelf.hit(PROSE, section=("Results",)),  # [1], page 1
        shelf.hit(table_block(INCOME), section=("Income statement",)),  # [2], page 2
        shelf.hit(CHINESE, section=("经营情况",)),  # [3], page 3
        shelf.hit(BOARD),  # [4], page 4
    ]


def cite(hits: list[Hit], shelf: Shelf, written: str) -> tuple[Sentence, list[Citation], list[str]]:
    citer = Citer("What was revenue in 2022?", hits, shelf.page_of)
    sentence, citations = citer.cite(written)
    assert sentence.citations == tuple(citation.marker for citation in citations)
    return sentence, list(citations), citer.notes


@pytest.mark.parametrize(
    ("written", "page", "quote"),
    [
        # word for word, whatever the case, spaces, separators and width
        ("revenue increased by 12% to $17606 million in 2022 [1]", 1, REVENUE),
        ("公司２０２２年实现营业收入 17606 万元，同比增长 12%。[3]", 3, INCOME_ZH),
        # across two lines with a hyphen
        ("The board consists of nine members. [4]", 4, "The board consists of nine mem-\nbers."),
        # said in other words
        ("In 2022, revenue grew 12% and reached $17,606 million. [1]", 1, REVENUE),
        ("Jane Doe became chief executive officer in May 2021. [4]", 4, APPOINTED),
        ("2022年公司营业收入达到17,606万元。[3]", 3, INCOME_ZH),
        ("研发费用1,230万元，主要投入人工智能平台。[3]", 3, "研发费用为1,230万元，主要用于人工智能平台建设。"),
        # the wrong mark, and none
        ("Jane Doe was appointed chief executive officer on 3 May 2021. [2]", 4, APPOINTED),
        ("研发费用为1,230万元[1]。", 3, "研发费用为1,230万元"),
        ("The board has nine members.", 4, "The board consists of nine mem-\nbers."),
    ],
)  # fmt: skip
def test_supported(shelf: Shelf, hits: list[Hit], written: str, page: int, quote: str) -> None:
    sentence, citations, _ = cite(hits, shelf, written)
    assert sentence.verdict is Verdict.SUPPORTED
    assert [(c.page, c.quote, c.verified, c.label) for c in citations] == [(page, quote, True, f"p{page}")]
    assert "[" not in sentence.text


def test_a_quote_over_two_lines_has_a_box_a_line(shelf: Shelf, hits: list[Hit]) -> None:
    _, (citation,), _ = cite(hits, shelf, "The board consists of nine members. [4]")
    # "The board consists of nine mem-" is 31 characters of 6 points; "bers." 5 on the next line
    assert citation.boxes == ((4, BBox(0, 0, 186, 12)), (4, BBox(0, 12, 30, 24)))


def test_a_table_value_is_cited_by_its_cell(shelf: Shelf, hits: list[Hit]) -> None:
    sentence, (citation,), _ = cite(hits, shelf, "Revenue was 15,785 in 2021. [2]")
    assert sentence.verdict is Verdict.SUPPORTED
    assert (citation.quote, citation.cell) == ("15,785", CitedCell(1, 2, ("2021", "Revenue")))
    assert citation.boxes == ((2, BBox(200, 12, 236, 24)),)


def test_two_values_of_a_row_are_cited_by_the_row(shelf: Shelf, hits: list[Hit]) -> None:
    sentence, citations, _ = cite(hits, shelf, "Revenue was 15,785 in 2021 and 17,606 in 2022. [2]")
    assert sentence.verdict is Verdict.SUPPORTED
    assert citations[0].quote == "Revenue | 17,606 | 15,785"
    assert citations[0].cell is None


def test_a_quote_that_spans_two_blocks_has_boxes_in_both(shelf: Shelf) -> None:
    hit = shelf.hit("The merger was completed on 3 May", "2021 after all conditions had been met.")
    _, (citation,), _ = cite(
        [hit], shelf, "The merger was completed on 3 May 2021 after all conditions had been met. [1]"
    )
    assert citation.quote == "The merger was completed on 3 May\n2021 after all conditions had been met."
    assert citation.boxes == ((1, BBox(0, 0, 198, 12)), (1, BBox(0, 200, 234, 212)))


@pytest.mark.parametrize(
    ("written", "quote"),
    [
        ("Revenue in 2022 was $17,607 million. [1]", REVENUE),
        ("Revenue in 2022 grew 13% to $17,606 million. [1]", REVENUE),
        ("2022年公司营业收入达到17,607万元。[3]", INCOME_ZH),
        ("Jane Doe became chief executive officer in May 2020. [4]", APPOINTED),
        ("Revenue was 17,606 in 2021. [2]", "15,785"),  # the right number in the wrong column
    ],
)  # fmt: skip
def test_a_number_that_differs_contradicts(shelf: Shelf, hits: list[Hit], written: str, quote: str) -> None:
    sentence, citations, _ = cite(hits, shelf, written)
    assert sentence.verdict is Verdict.CONTRADICTED
    assert [c.quote for c in citations] == [quote]


@pytest.mark.parametrize(
    "written",
    [
        "The company plans to build a factory on Mars. [1]",
        "公司在海南新建了三座工厂。[3]",
        "Net income of subsidiaries amounted to 44,321 euros. [2]",
        "The auditor resigned. [2]",
        "Dividends of 5.5 per share were declared. [1][2]",
    ],
)
def test_an_invented_sentence_is_not_found_whatever_its_mark(shelf: Shelf, hits: list[Hit], written: str) -> None:
    sentence, citations, _ = cite(hits, shelf, written)
    assert sentence.verdict is Verdict.NOT_FOUND
    assert citations == []


@pytest.mark.parametrize(
    "written",
    [
        "Operating costs rose because of lower energy prices. [1]",
        "Operating costs did not fall because of lower energy prices. [1]",
        "Revenue decreased by 12% to $17,606 million in 2022. [1]",
        "公司2022年未实现营业收入17,606万元。[3]",
    ],
)
def test_what_is_turned_round_contradicts(shelf: Shelf, hits: list[Hit], written: str) -> None:
    sentence, citations, _ = cite(hits, shelf, written)
    assert sentence.verdict is Verdict.CONTRADICTED
    assert citations


def test_what_is_rounded_is_partly_supported_and_says_what_is_missing(shelf: Shelf, hits: list[Hit]) -> None:
    sentence, citations, _ = cite(hits, shelf, "Revenue was 17.6 billion in 2022. [1]")
    assert (sentence.verdict, sentence.missing) == (Verdict.PARTLY, ("17.6 billion",))
    assert citations


@pytest.mark.parametrize("written", ["Yes.", "Here are the main points:", "是的。", "[1]"])
def test_what_states_nothing_is_not_checked(shelf: Shelf, hits: list[Hit], written: str) -> None:
    sentence, citations, _ = cite(hits, shelf, written)
    assert (sentence.verdict, citations) == (Verdict.UNCHECKED, [])


def test_a_mark_that_names_no_passage_is_dropped_and_noted(shelf: Shelf, hits: list[Hit]) -> None:
    sentence, citations, notes = cite(hits, shelf, "The board has nine members [7].")
    assert sentence.text == "The board has nine members."
    assert [c.page for c in citations] == [4]
    assert notes == ["The model cited [7], which is none of the 4 passages."]


def test_between_equal_places_the_mark_decides(shelf: Shelf) -> None:
    hits = [shelf.hit("The fee is 3%."), shelf.hit("The fee is 3%.")]
    assert [c.page for c in cite(hits, shelf, "The fee is 3%. [2]")[1]] == [2]
    assert [c.page for c in cite(hits, shelf, "The fee is 3%.")[1]] == [1]


def test_a_misquoted_number_is_seen_even_where_its_value_stands_elsewhere_in_the_sentence(shelf: Shelf) -> None:
    hits = [shelf.hit("The 6 inch line makes 300 wafers and the 8 inch line makes 900 wafers.")]
    wrong = "The 6 inch line makes 900 wafers and the 8 inch line makes 900 wafers. [1]"
    assert cite(hits, shelf, wrong)[0].verdict is Verdict.CONTRADICTED


def test_the_number_of_a_section_bears_no_number_out(shelf: Shelf) -> None:
    hits = [shelf.hit("The meeting of the board took place on 28 July.", section=("9 The board of directors",))]
    assert cite(hits, shelf, "The meeting of the board took place on 9 July. [1]")[0].verdict is Verdict.CONTRADICTED


def test_between_equal_long_sentences_the_mark_decides_too(shelf: Shelf) -> None:
    text = "The notice period for both parties is six months."
    hits = [shelf.hit(text), shelf.hit(text)]
    assert [c.page for c in cite(hits, shelf, f"{text} [2]")[1]] == [2]


def test_a_mark_does_not_outweigh_the_better_evidence(shelf: Shelf) -> None:
    hits = [shelf.hit("The Berlin plant was opened by the mayor."), shelf.hit("The Berlin plant employs 420 people.")]
    sentence, citations, _ = cite(hits, shelf, "At the plant in Berlin, 420 people are employed. [1]")
    assert sentence.verdict is Verdict.SUPPORTED
    assert [c.page for c in citations] == [2]


def test_one_sentence_may_need_two_passages(shelf: Shelf) -> None:
    hits = [shelf.hit("The Berlin plant employs 420 people."), shelf.hit("The Lyon plant employs 380 people.")]
    sentence, citations, _ = cite(hits, shelf, "The Berlin plant employs 420 people and the Lyon plant 380. [1][2]")
    assert sentence.verdict is Verdict.SUPPORTED
    assert sorted(c.page for c in citations) == [1, 2]


def test_the_same_quote_keeps_its_marker(shelf: Shelf, hits: list[Hit]) -> None:
    citer = Citer("", hits, shelf.page_of)
    first, _ = citer.cite("The board has nine members.")
    second, _ = citer.cite("The board consists of nine members.")
    assert first.citations == second.citations == (1,)
    assert len(citer.citations) == 1


def test_a_quote_that_its_block_does_not_hold_is_not_verified(shelf: Shelf) -> None:
    hit = shelf.hit("The fee is 3%.")
    page = shelf.pages[1]
    other = Shelf().hit("The fee is 4%.")
    assert other.chunk.text == "The fee is 4%."
    shelf.pages[1] = page
    _, (citation,), _ = cite([type(hit)(hit.document, other.chunk, 1.0, ())], shelf, "The fee is 4%. [1]")
    assert citation.verified is False


def test_a_quote_whose_words_jump_back_on_the_page_is_not_verified(shelf: Shelf) -> None:
    hit = shelf.hit("The fee is 3%.")
    block = shelf.pages[1].blocks[0]
    first, *rest = block.words
    moved = replace(block, words=(first._replace(bbox=first.bbox._replace(x0=500.0, x1=520.0)), *rest))
    shelf.pages[1] = replace(shelf.pages[1], blocks=(moved,))
    _, (citation,), _ = cite([hit], shelf, "The fee is 3%. [1]")
    assert citation.quote == "The fee is 3%." and citation.boxes and citation.verified is False


def test_a_quote_begins_after_its_lists_mark(shelf: Shelf) -> None:
    hit = shelf.hit("• The fee is 3%.")
    _, (citation,), _ = cite([hit], shelf, "The fee is 3%. [1]")
    assert citation.quote == "The fee is 3%." and citation.verified


def test_what_rests_on_a_users_correction_is_neither_verified_nor_supported(shelf: Shelf) -> None:
    hit = shelf.hit("The fee is 3%. The board has nine members.")
    changed = replace(corrected(hit.chunk, hit.chunk.text.replace("3%", "4%")), note="By letter.")
    hits = [replace(hit, chunk=changed)]
    sentence, (citation,), _ = cite(hits, shelf, "The fee is 4%. [1]")
    assert (citation.quote, citation.verified, citation.corrected) == ("The fee is 4%.", False, True)
    assert (citation.note, [page for page, _ in citation.boxes]) == ("By letter.", [1])
    assert sentence.verdict is Verdict.UNCHECKED
    sentence, (citation,), _ = cite(hits, shelf, "The board has nine members. [1]")
    assert (citation.verified, citation.corrected, sentence.verdict) == (True, False, Verdict.SUPPORTED)


def test_a_cell_that_a_user_corrected_keeps_its_headers(shelf: Shelf) -> None:
    hit = shelf.hit(table_block([["", "2024", "2025"], ["Revenue", "52.9", "5B.3"]]))
    hits = [replace(hit, chunk=corrected(hit.chunk, hit.chunk.text.replace("5B.3", "58.3")))]
    _, (citation,), _ = cite(hits, shelf, "Revenue was 58.3 in 2025. [1]")
    assert (citation.quote, citation.verified, citation.corrected) == ("58.3", False, True)
    assert citation.cell is not None and citation.cell.header_path == ("2025", "Revenue")
    _, (citation,), _ = cite(hits, shelf, "Revenue was 52.9 in 2024. [1]")
    assert (citation.quote, citation.verified, citation.corrected) == ("52.9", True, False)


def test_chinese_about_an_english_document_is_never_more_than_partly_supported(shelf: Shelf) -> None:
    hits = [shelf.hit(PROSE)]
    assert cite(hits, shelf, "2022年收入增长12%，达到17,606百万美元。[1]")[0].verdict is Verdict.PARTLY
    assert cite(hits, shelf, "经营成本有所变化。[1]")[0].verdict is Verdict.UNCHECKED


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_verified_quote_is_text_of_its_chunk_and_has_boxes(data: st.DataObject) -> None:
    shelf = Shelf()
    words = st.sampled_from(
        ["Revenue", "fell", "rose", "12%", "17,606", "in 2022.", "公司收入", "增长。", "mem-\nbers", "|"]
    )
    texts = data.draw(st.lists(st.lists(words, min_size=1, max_size=12).map(" ".join), min_size=1, max_size=4))
    hits = [shelf.hit(table_block(INCOME)), *(shelf.hit(text) for text in texts)]
    citer = Citer("revenue", hits, shelf.page_of)
    by_page = {hit.chunk.page: hit.chunk for hit in hits}
    for written in data.draw(st.lists(st.lists(words, min_size=1, max_size=8).map(" ".join), max_size=6)):
        sentence, citations = citer.cite(written)
        assert bool(citations) == (sentence.verdict in (Verdict.SUPPORTED, Verdict.PARTLY, Verdict.CONTRADICTED))
        for citation in citations:
            assert citation.verified
            assert citation.quote in by_page[citation.page].text
            assert citation.boxes


def test_citing_and_quoting_load_no_langchain() -> None:
    code = (
        "import sys, prompts.cite, prompts.extractive, prompts.strategies\n"
        "print([name for name in sys.modules if 'lang' in name or 'openai' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
