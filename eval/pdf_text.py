"""The characters of a PDF page as PDFium alone reads them, from a limited child process: this module is both its sides.

It knows nothing of how Recto reads a page.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from ingest.child import DEFAULT_LIMITS, Child, ChildFailed, answer, begin, read_frame
from ingest.child_pool import ChildPool
from ingest.records import BBox, State

_LEFT_OUT = re.compile(r"[\s\-\u00ad\u2010-\u2015\u2212\ufffe\u0002]")
_USES = 200  # pages after which a child is replaced


@dataclass(frozen=True, slots=True)
class PdfText:
    """A page as PDFium reads it: its plain text with the box of each character, and the boxes of hyphens and dashes.

    Boxes are loose: as high as the font's line, in points from the top left.
    """

    text: str
    boxes: tuple[BBox, ...]
    hyphens: tuple[BBox, ...]
    turned: bool


def plain(text: str) -> str:
    """NFKC, without white space, hyphens and soft hyphens."""
    return _LEFT_OUT.sub("", unicodedata.normalize("NFKC", text))


class PdfReader:
    """Reads pages in a child. Close it when done."""

    def __init__(self) -> None:
        # Time is counted for each page, not for the child's life.
        self._pool = ChildPool(
            "eval.pdf_text", {}, replace(DEFAULT_LIMITS, cpu_seconds=0, wall_seconds=0.0), size=1, uses=_USES
        )
        self.read = lru_cache(maxsize=32)(self._read)

    def _read(self, file: Path, number: int) -> PdfText:
        """Page `number`, from 1. Raises BadDocument."""
        request = json.dumps({"path": str(file.absolute()), "page": number}).encode()

        def ask(child: Child) -> bytes:
            child.send(b"Q", request)
            return child.expect(b"T")

        try:
            found = json.loads(self._pool.run(ask, DEFAULT_LIMITS.page_seconds))
            return PdfText(found["text"], _boxes(found["boxes"]), _boxes(found["hyphens"]), bool(found["turned"]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ChildFailed(State.CRASHED, f"the process that reads the page answered nonsense: {error}") from error

    def close(self) -> None:
        self._pool.close()


def _boxes(stated: list[list[float]]) -> tuple[BBox, ...]:
    return tuple(BBox(*map(float, edges)) for edges in stated)


def _serve(request: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    import pypdfium2

    document = pypdfium2.PdfDocument(request["path"])
    try:
        page = document[request["page"] - 1]
        left, _, _, top = page.get_cropbox()
        text_page = page.get_textpage()
        characters: list[str] = []
        boxes: list[BBox] = []
        hyphens: list[BBox] = []
        for index in range(text_page.count_chars()):
            character = text_page.get_text_range(index, 1)
            x0, bottom, x1, high = text_page.get_charbox(index, loose=True)
            box = BBox(x0 - left, top - high, x1 - left, top - bottom)
            for one in plain(character):
                characters.append(one)
                boxes.append(box)
            if not plain(character) and character.strip():
                hyphens.append(box)
        turned = page.get_rotation() != 0
    finally:
        document.close()
    said = {"text": "".join(characters), "boxes": boxes, "hyphens": hyphens, "turned": turned}
    yield b"T", json.dumps(said).encode()


def main() -> None:
    """A child: reads pages until its input ends."""
    source, sink, _ = begin()
    while (frame := read_frame(source)) is not None:
        answer(sink, _serve(json.loads(frame[1])))


if __name__ == "__main__":
    main()
