"""Year, company and kind of a document, read by rules; kept, set by hand, asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import table_block, text_block

from ingest.described import Described
from ingest.metadata import DocumentFilter, Metadata, kinds, read_metadata
from ingest.records import Block, Content, Document, Page, State
from ingest.store import Keys, Library

FILING = (
    "UNITED STATES SECURITIES AND EXCHANGE COMMISSION",
    "FORM 10-K",
    "ANNUAL REPORT PURSUANT TO SECTION 13 OR 15(d)",
    "For the fiscal year ended\nJanuary 28, 2023",
    "QUARRY STREET FOODS",
    "(Exact name of registrant as specified in its charter)",
    "Delaware 41-0907483",
)


def read(name: str, *lines: str | Block, title: str = "") -> Metadata:
    blocks = tuple(line if isinstance(line, Block) else text_block(line) for line in lines)
    return read_metadata(name, title, [Page(1, 600, 800, blocks)])


@pytest.mark.parametrize(
    ("name", "lines", "found"),
    [
        ("filing.pdf", FILING, Metadata(2023, "QUARRY STREET FOODS", "annual report")),
        ("QUARRY_2022_10K.pdf", FILING, Metadata(2022, "QUARRY STREET FOODS", "annual report")),
        ("QUARRY_FY21_10K.pdf", (), Metadata(2021, "QUARRY", "annual report")),
        ("Mill-2021Q3-10-Q.pdf", (), Metadata(2021, "Mill", "quarterly report")),
        ("mill.pdf", ("Mill & Sons, Inc.", "Quarterly report", "Period ended June 30, 2020"), None),
        (
            "青山水泥股份有限公司.pdf",
            ("招股说明书", "保荐人 大河证券有限公司"),
            Metadata(0, "青山水泥股份有限公司", "prospectus"),
        ),
        ("a.pdf", ("青山水泥股份有限公司", "2021年年度报告"), Metadata(2021, "青山水泥股份有限公司", "annual report")),
        ("9f86d081884c7d659a2feaa0c55ad015.pdf", ("Kettle K2", "User guide"), Metadata(0, "", "manual")),
        ("paper.pdf", ("On rivers", "Delta Labs Inc.", "Abstract", "arXiv:2303.08559v2 21 Oct 2023"), None),
        (
            "a.pdf",
            ("河岸電子股份有限公司及子公司合併現金流量表", "民國 111 年及 110 年"),
            Metadata(2022, "河岸電子股份有限公司", ""),
        ),
        ("a.pdf", ("2.長河汽車股份有限公司", "為河岸電子股份有限公司，其後說明於下"), Metadata()),
        ("a.pdf", ("The goods\nwere sold by\nthe owner to\nMill Inc.",), Metadata()),
        ("8K TV user manual.pdf", (), Metadata(0, "", "manual")),
        ("MILL_2023_8K.pdf", (), Metadata(2023, "MILL", "current report")),
        ("letter.pdf", ("Dear Sir,", "your letter of 2 May 2019 came"), Metadata(2019, "", "")),
        ("letters.pdf", ("between 2017 and 2019",), Metadata()),
        ("numbers.pdf", ("Tel. 555-2021", "1,999 boxes", "20210314"), Metadata()),
        ("notes.pdf", ("Inspection report", "Data sheet"), Metadata(0, "", "data sheet")),
        ("notes.pdf", ("Inspection report", "of a mill"), Metadata(0, "", "report")),
    ],
)
def test_what_a_document_is(name: str, lines: tuple[str, ...], found: Metadata | None) -> None:
    by_hand = {
        "mill.pdf": Metadata(2020, "Mill & Sons, Inc.", "quarterly report"),
        "paper.pdf": Metadata(2023, "", "paper"),
    }
    assert read(name, *lines) == (found or by_hand[name])
    assert read(name, *lines).kind in ("", *kinds())


def test_tables_and_long_lines_do_not_say_what_a_document_is() -> None:
    table = table_block([["annual report", "2021"], ["Mill Inc.", "3"]])
    assert read("a.pdf", table) == Metadata()
    assert (
        read("a.pdf", "The annual report of the mill was read by many people in the town, who liked what it said.").kind
        == ""
    )
    assert read("a.pdf", "Notes", title="Annual report 2020") == Metadata(2020, "", "annual report")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def put(library: Library, name: str, *lines: str, replaces: str = "") -> Document:
    sha256 = (f"{name}{len(library.documents())}".encode().hex() + "0" * 64)[:64]
    document = library.add_document(name, "default", "local", sha256, replaces=replaces)
    page = Page(1, 600, 800, tuple(text_block(line) for line in lines))
    library.commit_words(document.id, Content(sha256, (page,)), [], Keys("p", "c"))
    library.set_state(document.id, State.INDEXED)
    return library.document(document.id)


def test_it_is_kept_and_what_the_user_sets_counts_more(library: Library) -> None:
    document = put(library, "QUARRY_2022_10K.pdf", *FILING)
    assert (document.year, document.company, document.kind) == (2022, "QUARRY STREET FOODS", "annual report")
    library.described.set(document.id, {"year": 2023, "company": "Quarry"})
    document = library.document(document.id)
    assert (document.year, document.company, document.kind) == (2023, "Quarry", "annual report")
    put(library, "QUARRY_2022_10K.pdf", *FILING, replaces=document.id)
    (newer,) = library.documents()
    assert newer.id != document.id and (newer.year, newer.company) == (2023, "Quarry")
    library.described.set(newer.id, {"year": None})
    assert library.document(newer.id).year == 2022


def test_a_document_is_put_into_another_collection(library: Library) -> None:
    document = put(library, "a.pdf", "text")
    library.described.set(document.id, {"collection": "Filings"})
    assert [one.id for one in library.documents(collection="Filings")] == [document.id]
    library.described.set(document.id, {"collection": None, "year": 1999})
    assert (library.document(document.id).collection, library.document(document.id).year) == ("Filings", 1999)


def test_a_library_of_an_older_recto_catches_up(library: Library) -> None:
    document = put(library, "QUARRY_2022_10K.pdf", *FILING)
    with library.database.writing() as db:
        db.execute("UPDATE documents SET year = 0, company = '', kind = '', metadata_rules = 0, set_kind = 'filing'")
    assert library.document(document.id).year == 0
    Described(library.database).catch_up()
    found = library.document(document.id)
    assert (found.year, found.company, found.kind) == (2022, "QUARRY STREET FOODS", "filing")


def test_a_filter_keeps_what_fits(library: Library) -> None:
    put(library, "QUARRY_2022_10K.pdf", *FILING)
    put(library, "QUARRY_2021_10K.pdf", *FILING)
    put(library, "kettle.pdf", "User guide")

    def kept(**wanted: list[int] | list[str]) -> list[str]:
        return [one.name for one in library.documents() if DocumentFilter(**wanted).fits(one)]  # type: ignore[arg-type]

    assert kept() == [one.name for one in library.documents()]
    assert kept(years=[2022, 2020]) == ["QUARRY_2022_10K.pdf"]
    assert kept(companies=["quarry-street"], years=[2021]) == ["QUARRY_2021_10K.pdf"]
    assert kept(kinds=["Manual"]) == ["kettle.pdf"]
    assert kept(companies=["!"]) == kept(kinds=["manu"]) == []
    assert not DocumentFilter() and DocumentFilter(years=[2022])


def test_filters_say_what_they_ask_for() -> None:
    assert str(DocumentFilter([2022], ["Mill"], ["manual"])) == "2022, Mill, manual"
