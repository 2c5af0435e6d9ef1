"""A library to try the page on: very many documents, and one of very many pages that can be looked at.

The long one repeats the pages of the sample that comes with Recto, the others say a sentence each. They are made, not
read, and have no vectors, so that they are there in a minute.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from app.cli import main
from app.wiring import SAMPLE
from ingest.chunking import chunk_pages
from ingest.errors import BadInput
from ingest.records import BBox, Block, BlockKind, Content, Page, State, Word
from ingest.store import Keys, Library

LONG = "long.pdf"
_SIZE = (595.0, 842.0)
_WHOLE = "whole"  # the file that says that it is built


def build_page_library(folder: Path, documents: int, pages: int) -> None:
    """Builds it, the long document of so many pages last, unless it is there. Raises BadInput."""
    if (folder / _WHOLE).exists():
        return
    with redirect_stdout(sys.stderr):
        if main(["ingest", str(SAMPLE), "--library", str(folder)]):
            raise BadInput(f"the sample could not be read into {folder}")
    library = Library(folder)
    sample = library.find(SAMPLE.name)
    for number in range(len(library.documents()), documents - 1):
        _add(library, f"note-{number:04}.pdf", f"{number:064x}", [_note(number)])
    read = list(library.pages(sample.sha256))
    long = folder / LONG
    _repeat(SAMPLE, long, pages)
    sha256 = hashlib.sha256(long.read_bytes()).hexdigest()
    library.originals.keep(long, sha256)
    long.unlink(missing_ok=True)
    repeated = [replace(page, number=number, label="") for number, page in enumerate(islice(cycle(read), pages), 1)]
    _add(library, LONG, sha256, repeated)
    library.close()
    (folder / _WHOLE).touch()


def _add(library: Library, name: str, sha256: str, pages: Sequence[Page]) -> None:
    made = library.add_document(name, "default", "local", sha256)
    content = Content(sha256, tuple(pages), name)
    library.commit_words(made.id, content, chunk_pages(sha256, pages), Keys("made", "made"))
    library.set_state(made.id, State.INDEXED)


def _note(number: int) -> Page:
    text, box = f"Note {number} says nothing of interest.", BBox(72, 72, 300, 84)
    block = Block(BlockKind.TEXT, text, box, (Word(text.replace(" ", "_"), box),), ((0, len(text)),))
    return Page(1, *_SIZE, (block,))


def _repeat(source: Path, target: Path, pages: int) -> None:
    """A PDF of so many pages: those of another, again and again."""
    import pypdfium2

    sample, made = pypdfium2.PdfDocument(source), pypdfium2.PdfDocument.new()
    made.import_pages(sample, [number % len(sample) for number in range(pages)])
    made.save(target)
    made.close()
    sample.close()
