"""LangChain's usual recipe, to measure Recto against: pages, pieces of 1000 characters, MiniLM, FAISS.

Run as a process of its own, so that its memory and time are its own. It knows nothing of Recto but the folder of the
bundled model. The steps are those of PyPDFLoader, RecursiveCharacterTextSplitter(1000, 200), HuggingFaceEmbeddings and
the FAISS vector store. langchain-community, which holds the first and the last, is being sunset and warns when it is
imported, so that here pypdf and FAISS are called as it calls them; the splitter is LangChain's own.

    python -m eval.langchain_recipe ingest|ask < REQUEST.json
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.documents import Document
from numpy.typing import NDArray

from app.cli import write_json
from ingest.errors import BadSetup

CHUNK_CHARACTERS = 1000
OVERLAP_CHARACTERS = 200
PIECES = 60
"""Pieces asked for, so that ten distinct pages are among them: as many passages as Recto is asked for."""

_INDEX, _PIECES = "index.faiss", "pieces.jsonl"


def needed(module: str) -> Any:
    """A module of the extra `bench`; raises BadSetup that names the extra."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        hint = "install the extra: pip install -e '.[bench]'"
        raise BadSetup(f"the LangChain recipe needs {module.partition('.')[0].replace('_', '-')}", hint=hint) from error


def load_pages(path: Path) -> list[Document]:
    """A document a page, as PyPDFLoader gives them: its text, with `source` and `page` (from 0)."""
    reader = needed("pypdf").PdfReader(str(path))
    return [
        Document(page_content=page.extract_text(), metadata={"source": path.name, "page": number})
        for number, page in enumerate(reader.pages)
    ]


def load_all(pdfs: Sequence[Path]) -> tuple[list[Document], dict[str, str]]:
    """The pages of all files, and for each file that pypdf refuses, why."""
    pages: list[Document] = []
    failed: dict[str, str] = {}
    unreadable = needed("pypdf.errors").PyPdfError
    for path in pdfs:
        try:
            pages += load_pages(path)
        except unreadable as error:
            failed[path.name] = f"{type(error).__name__}: {error}"[:200]
    return pages, failed


def split(pages: Sequence[Document]) -> list[Document]:
    """The pieces that are embedded, each with its page's metadata."""
    splitter = needed("langchain_text_splitters").RecursiveCharacterTextSplitter(
        chunk_size=CHUNK_CHARACTERS, chunk_overlap=OVERLAP_CHARACTERS
    )
    pieces: list[Document] = splitter.split_documents(pages)
    return pieces


class Recipe:
    """The model and, once built or read, the index (squared Euclidean distance, exact, float32)."""

    def __init__(self, model_folder: Path) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(str(model_folder), device="cpu", local_files_only=True)
        self._index: Any = None
        self._where: list[tuple[str, int]] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32, shape (n, 384), in sentence-transformers' own batches of 32."""
        return np.asarray(self._model.encode(list(texts), show_progress_bar=False), dtype=np.float32)

    def build(self, pieces: Sequence[Document], vectors: NDArray[np.float32], folder: Path) -> None:
        """Makes the index of the pieces and writes it with them."""
        import faiss

        self._where = [(str(piece.metadata["source"]), int(piece.metadata["page"]) + 1) for piece in pieces]
        self._index = faiss.IndexFlatL2(vectors.shape[1])
        self._index.add(vectors)
        faiss.write_index(self._index, str(folder / _INDEX))
        with (folder / _PIECES).open("w", encoding="utf-8") as file:
            for piece, where in zip(pieces, self._where, strict=True):
                file.write(json.dumps([*where, piece.page_content], ensure_ascii=False) + "\n")

    def read(self, folder: Path) -> None:
        """Reads what `build` wrote."""
        import faiss

        self._index = faiss.read_index(str(folder / _INDEX))
        rows = (folder / _PIECES).read_text(encoding="utf-8").splitlines()
        self._where = [(name, page) for name, page, _ in map(json.loads, rows)]

    def pieces_of(self, documents: Sequence[str]) -> NDArray[np.int64]:
        """The numbers of the documents' pieces."""
        wanted = set(documents)
        return np.array([n for n, (name, _) in enumerate(self._where) if name in wanted], dtype=np.int64)

    def ask(self, question: str, inside: NDArray[np.int64] | None = None) -> list[tuple[str, int]]:
        """(document, page) of the nearest pieces, best first; with `inside`, exactly the nearest of those.

        LangChain's own filter looks at the nearest 20 of all pieces only; within a document this is better than that.
        """
        vector = self.embed([question])
        if inside is None:
            _, found = self._index.search(vector, min(PIECES, self._index.ntotal))
        else:
            faiss = needed("faiss")
            only = faiss.SearchParameters(sel=faiss.IDSelectorBatch(inside))
            _, found = self._index.search(vector, max(min(PIECES, len(inside)), 1), params=only)
        return [self._where[number] for number in found[0] if number >= 0]


@contextmanager
def _timed(steps: dict[str, dict[str, float]], name: str) -> Iterator[None]:
    """Notes the seconds of the block: `wall_s`, and `cpu_s` of all threads of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    steps[name] = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}


def ingest(pdfs: Sequence[Path], model_folder: Path, folder: Path) -> dict[str, Any]:
    """Files to an index in `folder`; what each step took, and how much there was."""
    steps: dict[str, dict[str, float]] = {}
    with _timed(steps, "load"):
        pages, failed = load_all(pdfs)
    with _timed(steps, "split"):
        pieces = split(pages)
    with _timed(steps, "start the model"):
        recipe = Recipe(model_folder)
    with _timed(steps, "embed"):
        vectors = recipe.embed([piece.page_content for piece in pieces])
    with _timed(steps, "index"):
        recipe.build(pieces, vectors, folder)
    return {"steps": steps, "pages": len(pages), "chunks": len(pieces), "failed": failed}


def ask(questions: Sequence[dict[str, Any]], model_folder: Path, folder: Path) -> dict[str, Any]:
    """For each scope the seconds and the pages of each question, as given; `documents` are a question's own."""
    recipe = Recipe(model_folder)
    recipe.read(folder)
    known: dict[tuple[str, ...], NDArray[np.int64]] = {}
    for question in questions:
        own = tuple(question["documents"])
        if own not in known:
            known[own] = recipe.pieces_of(own)
    scopes: dict[str, Any] = {}
    for scope in ("document", "corpus"):
        seconds, pages = [], []
        for question in questions:
            inside = known[tuple(question["documents"])] if scope == "document" else None
            began = time.perf_counter()
            pages.append(recipe.ask(question["text"], inside))
            seconds.append(time.perf_counter() - began)
        scopes[scope] = {"seconds": seconds, "pages": pages}
    return scopes


def main() -> None:
    """The process: a request on standard input, its result on standard output."""
    warnings.simplefilter("ignore")
    os.environ["HF_HUB_OFFLINE"] = "1"
    request = json.loads(sys.stdin.read())
    folder, model_folder = Path(request["folder"]), Path(request["model_folder"])
    if sys.argv[1] == "ingest":
        write_json(ingest([Path(pdf) for pdf in request["pdfs"]], model_folder, folder))
    else:
        write_json(ask(request["questions"], model_folder, folder))


if __name__ == "__main__":
    main()
