from __future__ import annotations

from fakes import table_block, text_block
from hypothesis import given
from hypothesis import strategies as st

from ingest.boxes import chunk_boxes
from ingest.chunking import ChunkOptions, chunk_pages, estimate_tokens
from ingest.records import Block, BlockKind, Chunk, Page

SHA = "cd" * 32


def page(*blocks: Block, number: int = 1) -> Page:
    return Page(number, 600, 800, blocks)


def title(text: str, level: int = 1) -> Block:
    made = text_block(text)
    return Block(BlockKind.TITLE, made.text, made.bbox, made.words, made.offsets, level=level)


def check_map(chunks: list[Chunk], pages: list[Page]) -> None:
    """Every character of a chunk but its own white space maps back to the same character of a block."""
    by_number = {page.number: page for page in pages}
    for chunk in chunks:
        covered = set()
        for span in chunk.spans:
            block = by_number[span.page].blocks[span.block]
            length = span.end - span.start
            assert chunk.text[span.start : span.end] == block.text[span.block_start : span.block_start + length]
            covered.update(range(span.start, span.end))
        assert all(chunk.text[i].isspace() for i in range(len(chunk.text)) if i not in covered)


def test_headings_lead_their_text_and_make_the_section_path() -> None:
    pages = [
        page(title("1 The ferry"), title("1.1 Crew", 2), text_block("Seven members of the crew are on board.")),
        page(text_block("The captain decides."), title("2 Fares"), text_block("An adult pays 8.50 euros."), number=2),
    ]
    chunks = chunk_pages(SHA, pages)
    check_map(chunks, pages)
    assert [chunk.section for chunk in chunks] == [("1 The ferry", "1.1 Crew"), ("1 The ferry", "1.1 Crew")]
    assert chunks[0].text == "1 The ferry\n1.1 Crew\nSeven members of the crew are on board."
    assert chunks[1].text == "The captain decides.\n2 Fares\nAn adult pays 8.50 euros."


def test_a_heading_starts_a_chunk_once_there_is_enough_before_it() -> None:
    pages = [page(text_block("word " * 60), title("2 Fares"), text_block("An adult pays 8.50 euros."))]
    chunks = chunk_pages(SHA, pages)
    assert [chunk.section for chunk in chunks] == [(), ("2 Fares",)]


def test_furniture_is_never_chunked() -> None:
    head = text_block("Operating Handbook")
    furniture = Block(BlockKind.FURNITURE, head.text, head.bbox, head.words, head.offsets)
    chunks = chunk_pages(SHA, [page(furniture, text_block("The first ferry leaves at 06:15."))])
    assert [chunk.text for chunk in chunks] == ["The first ferry leaves at 06:15."]


def test_a_chunk_never_crosses_a_page() -> None:
    pages = [page(text_block("First."), number=1), page(text_block("Second."), number=2)]
    assert [chunk.pages for chunk in chunk_pages(SHA, pages)] == [(1,), (2,)]


def test_a_long_table_repeats_its_header_row_in_each_chunk() -> None:
    rows = [["Buoy", "Months"], *[[f"Number {n} of the fairway", str(n)] for n in range(60)]]
    pages = [page(table_block(rows))]
    chunks = chunk_pages(SHA, pages)
    assert len(chunks) > 1
    assert all(chunk.text.startswith("Buoy | Months\n") for chunk in chunks)
    assert all(chunk.kind is BlockKind.TABLE for chunk in chunks)
    check_map(chunks, pages)
    body = [line for chunk in chunks for line in chunk.text.splitlines()[1:]]
    assert body == [f"Number {n} of the fairway | {n}" for n in range(60)]


def test_a_caption_stays_with_its_table() -> None:
    pages = [page(text_block("Table 1. Fares in euros"), table_block([["Passenger", "Single"], ["Adult", "8.50"]]))]
    (chunk,) = chunk_pages(SHA, pages)
    assert chunk.text == "Table 1. Fares in euros\nPassenger | Single\nAdult | 8.50"


def test_boxes_of_a_sentence_inside_a_chunk() -> None:
    pages = [page(text_block("One two.\nThree four."))]
    (chunk,) = chunk_pages(SHA, pages)
    start = chunk.text.index("Three")
    boxes = chunk_boxes(chunk, start, start + len("Three four."), lambda number: pages[number - 1])
    assert boxes == ((1, (0.0, 12.0, 66.0, 24.0)),)


WORDS = st.lists(
    st.sampled_from(["ferry", "harbour.", "渡轮概况", "运营。", "8.50", "a" * 90]), min_size=1, max_size=200
)


@given(st.lists(WORDS, min_size=1, max_size=4), st.integers(5, 120))
def test_chunks_hold_every_word_once_within_the_limit(blocks: list[list[str]], max_tokens: int) -> None:
    pages = [page(*(text_block(" ".join(words)) for words in blocks))]
    chunks = chunk_pages(SHA, pages, ChunkOptions(max_tokens=max_tokens, min_tokens=max_tokens // 5))
    check_map(chunks, pages)
    assert "".join("".join(chunk.text.split()) for chunk in chunks) == "".join("".join(words) for words in blocks)
    sizes = [estimate_tokens("".join(chunk.text.split())) for chunk in chunks]  # Recto's own white space is free
    assert max(sizes) <= max_tokens + 1
