"""Files as LangChain documents: Recto's reading and cutting behind LangChain's loader. No library takes part.

It does not know how a page is read or cut; files are opened in limited child processes, as for `recto ingest`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document

from ingest.boxes import chunk_boxes
from ingest.chunking import ChunkOptions, chunk_pages
from ingest.intake import clean_name, file_hash, find_files
from ingest.ocr import OcrPool
from ingest.ocr_engine import DEFAULT_ENGINE, EngineSpec
from ingest.parse import ParseOptions
from ingest.pictures import PictureReader
from ingest.records import Chunk, Content, Page
from ingest.sandbox import parse_in_child

_BOX_DIGITS = 2  # a hundredth of a point


def passage_document(chunk: Chunk, source: str, page_of: Callable[[int], Page], **beside: Any) -> Document:
    """A passage as LangChain has it; `page_of` gives its pages by number.

    Metadata: `source`, the document's name; `page`, from 1, and `label`, the number printed on it; `section`, the path
    of headings above; `kind` of block; `boxes`, one a line: {"page", "box": [x0, top, x1, bottom]} in PDF points from
    the top left; and what is given `beside`.
    """
    boxes = chunk_boxes(chunk, 0, len(chunk.text), page_of)
    metadata = {
        "source": source,
        "page": chunk.page,
        "label": page_of(chunk.page).label,
        "section": list(chunk.section),
        "kind": str(chunk.kind),
        "boxes": [{"page": page, "box": [round(edge, _BOX_DIGITS) for edge in box]} for page, box in boxes],
    }
    return Document(chunk.text, metadata=metadata | beside)


class RectoLoader(BaseLoader):
    """The passages of a PDF or picture, or of all in a folder, in reading order, with their places on the page."""

    def __init__(
        self,
        path: str | Path,
        *,
        password: str = "",
        parse: ParseOptions | None = None,
        chunk: ChunkOptions | None = None,
        engine: EngineSpec = DEFAULT_ENGINE,
    ) -> None:
        """`password` opens encrypted files; `engine` reads pages that are pictures."""
        self._path = Path(path)
        self._password = password
        self._parse = parse or ParseOptions()
        self._chunk = chunk or ChunkOptions()
        self._engine = engine

    def lazy_load(self) -> Iterator[Document]:
        """File by file; raises BadInput for one that cannot be read, BadSetup."""
        for file in find_files(self._path):
            content = self._read(file)
            pages = {page.number: page for page in content.pages}
            for chunk in chunk_pages(content.sha256, content.pages, self._chunk):
                yield passage_document(chunk, clean_name(file.name), pages.__getitem__)

    def _read(self, file: Path) -> Content:
        content = parse_in_child(file, file_hash(file), self._parse, password=self._password)
        if not content.pending:
            return content
        ocr = OcrPool(engine=self._engine)
        pictures = PictureReader(ocr)
        try:
            return pictures.read(content, file, self._parse, password=self._password)
        finally:
            pictures.close()
            ocr.close()
