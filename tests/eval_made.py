"""A question set made by hand over text documents, through the real store and indexes, without PDFs or a model.

Eight documents of six pages; each page has a paragraph and a table. A question in two asks for a sentence of the
paragraph, the other for a row of the table, far down, that only the table names.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import faiss
import numpy as np
from fakes import table_block, text_block

from eval.datasets import QuestionSet, load_set
from eval.run import Bench, make_bench
from ingest.chunking import chunk_pages
from ingest.embed import Vectors
from ingest.records import Content, Page, State
from ingest.store import Keys, Library
from retrieval.search import Searcher, SearchOptions
from retrieval.terms import terms

DOCUMENTS, PAGES, ROWS = 8, 6, 10
QUESTIONS = DOCUMENTS * PAGES
_SYLLABLES = [consonant + vowel for consonant in "bdklmnrt" for vowel in "aeio"]


class CoarseEmbedder:
    """Sums of a random direction a term, in so few dimensions that it finds little: no match for the words."""

    identity = "coarse"
    dimension = 8

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = np.stack([self._row(text) for text in texts])
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)

    def _row(self, text: str) -> Vectors:
        return np.sum([_direction(term) for term in terms(text) or ["?"]], axis=0)

    def encode_query(self, question: str) -> Vectors:
        return self.encode([question])

    def unknown_share(self, text: str) -> float:
        return 0.0


@lru_cache(maxsize=10_000)
def _direction(term: str) -> Vectors:
    seed = int.from_bytes(hashlib.sha256(term.encode()).digest()[:4])
    return np.asarray(np.random.default_rng(seed).normal(size=CoarseEmbedder.dimension), dtype=np.float32)


def _word(made: random.Random) -> str:
    return "".join(made.choice(_SYLLABLES) for _ in range(4))


@lru_cache(maxsize=DOCUMENTS)
def made_pages(document: int) -> tuple[list[Page], list[dict[str, object]]]:
    """The pages of a document and its questions, a page each; always the same."""
    made = random.Random(document)
    pages, questions = [], []
    for number in range(1, PAGES + 1):
        words = [_word(made) for _ in range(ROWS + 2)]
        facts = [f"The {words[0]} was opened near the {words[1]} in {made.randint(1900, 2020)}."]
        facts += [f"The {_word(made)} is kept beside the {_word(made)} all year." for _ in range(4)]
        rows = [["item", "amount"], *([f"{word} dues", str(made.randint(100, 999))] for word in words[2:])]
        blocks = (text_block(" ".join(facts)), table_block(rows, top=200.0))
        pages.append(Page(number, 600, 800, blocks))
        asks_table = number % 2 == 0
        questions.append(
            {
                "id": f"{document}-{number}",
                "question": f"How high are the {words[-1]} dues?" if asks_table else f"When was the {words[0]} opened?",
                "answer": rows[-1][1] if asks_table else facts[0].split()[-1].rstrip("."),
                "doc": f"made-{document}.pdf",
                "pages": [number],
                "source": "north" if document % 2 else "south",
                "kind": "table" if asks_table else "text",
            }
        )
    return pages, questions


def made_set(folder: Path) -> QuestionSet:
    """The set as files; its PDFs are empty, for only their names are read."""
    (folder / "pdfs").mkdir(parents=True)
    lines = []
    for document in range(DOCUMENTS):
        (folder / "pdfs" / f"made-{document}.pdf").touch()
        lines += [json.dumps(question) for question in made_pages(document)[1]]
    (folder / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return load_set(folder)


def made_library(folder: Path, *, page_offset: int = 0) -> Library:
    """The set's documents, through both commits; `page_offset` plants wrong page numbers."""
    library, embedder = Library(folder), CoarseEmbedder()
    for number in range(DOCUMENTS):
        pages = [
            Page(page.number + page_offset, page.width, page.height, page.blocks) for page in made_pages(number)[0]
        ]
        sha256 = hashlib.sha256(str(number).encode()).hexdigest()
        document = library.add_document(f"made-{number}.pdf", "default", "local", sha256)
        chunks = chunk_pages(sha256, pages)
        library.commit_words(document.id, Content(sha256, tuple(pages)), chunks, Keys("p", "c"))
        vectors = embedder.encode([chunk.text_to_embed for chunk in chunks])
        library.commit_vectors(sha256, embedder.identity, vectors.astype(np.float16))
        library.set_state(document.id, State.INDEXED)
    return library


def made_bench(questions: QuestionSet, library: Library, cache: Path, options: SearchOptions | None = None) -> Bench:
    faiss.omp_set_num_threads(1)  # on several threads so small an index waits more than it works
    return make_bench(questions, library, Searcher(library, CoarseEmbedder(), options), cache)
