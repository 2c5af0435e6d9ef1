"""The files of a set read through ingest's own path, each once: pages and what they cost are kept in the cache folder.

It does not know what the pages are compared with. What is kept holds for the bytes of the file, the parse options and
the code that makes pages: any change of these reads the file again.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil  # type: ignore[import-untyped]

import ingest
from ingest.codec import decode, encode
from ingest.errors import BadDocument
from ingest.ocr import OcrPool
from ingest.parse import ParseOptions
from ingest.pictures import PictureReader
from ingest.records import Content, Page
from ingest.sandbox import parse_in_child

_MAKERS = ("sandbox", "ocr", "pictures")  # the modules of ingest that read a file, and its pictures
_BLANK_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
_STARTS = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as ingest reads it. `failed` is its state and reason when it cannot, "" else; then it has no pages.

    `cpu_s`: seconds of processor time of all processes, when it was read; `start_s`: of these, what a blank page takes,
    the same for every file.
    """

    pages: tuple[Page, ...]
    cpu_s: float
    start_s: float
    failed: str = ""

    @property
    def cpu_ms_a_page(self) -> float:
        """Milliseconds of processor time a page, what a blank file takes left out."""
        return 1000 * max(self.cpu_s - self.start_s, 0.0) / max(len(self.pages), 1)


def _needs(source: str) -> set[str]:
    """The modules of `ingest` that a module imports, at its top or further down."""
    named = {node.module or "" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    return {name.removeprefix("ingest.") for name in named if name.startswith("ingest.")}


@cache
def code_key() -> str:
    """A hash of the modules of `ingest` that make pages: those of the children, and what they import."""
    folder = Path(next(iter(ingest.__path__)))
    sources: dict[str, str] = {}
    open_names = set(_MAKERS)
    while open_names:
        name = open_names.pop()
        sources[name] = (folder / f"{name}.py").read_text(encoding="utf-8")
        open_names |= _needs(sources[name]) - sources.keys()
    return hashlib.sha256(json.dumps(sorted(sources.items())).encode()).hexdigest()[:16]


def _children_s() -> float:
    """Processor seconds of the children of this process, dead and alive."""
    total = 0.0
    if sys.platform != "win32":
        import resource

        dead = resource.getrusage(resource.RUSAGE_CHILDREN)
        total = dead.ru_utime + dead.ru_stime
    for child in psutil.Process().children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
    return total


@contextmanager
def metered() -> Iterator[list[float]]:
    """A list to which the block's processor seconds, children included, are added at its end."""
    spent: list[float] = []
    children, own = _children_s(), time.process_time()
    try:
        yield spent
    finally:
        own = time.process_time() - own
        spent.append(own + _children_s() - children)


def parsed(file: Path, sha256: str, options: ParseOptions) -> tuple[Content | BadDocument, float]:
    """What a file's text layer gives, or why nothing, and the seconds of processor time that it took.

    The start of the child is left out: that takes some twenty pages' time and varies by as much.
    """
    costs: list[float] = []
    began = time.thread_time()
    content: Content | BadDocument
    try:
        content = parse_in_child(file, sha256, options, on_cost=costs.append)
    except BadDocument as error:
        content = error
    return content, sum(costs) + time.thread_time() - began


@cache
def start_seconds() -> float:
    """Processor seconds to read a blank page, which every file takes too: the least of three times."""
    with tempfile.TemporaryDirectory() as folder:
        blank = Path(folder) / "blank.pdf"
        blank.write_bytes(_BLANK_PDF)
        return min(parsed(blank, "", ParseOptions(ocr="never"))[1] for _ in range(_STARTS))


class Reader:
    """Reads files and keeps what it read below `folder`. Close it when done.

    `anew` counts the files that were not read before.
    """

    def __init__(self, folder: Path, options: ParseOptions) -> None:
        self._folder = folder
        self._options = options
        self._key = f"{options.key()};code={code_key()}"
        self._ocr = OcrPool(1)
        self._pictures = PictureReader(self._ocr)
        self.anew = 0

    def read(self, file: Path) -> Reading:
        """The file's pages; a file that ingest refuses has none and says why in `failed`, and is not kept."""
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        kept = self._folder / f"{sha256[:32]}.{self._options.ocr}.pages"
        reading = self._load(kept)
        if reading is not None:
            return reading
        self.anew += 1
        reading = self._parse(file, sha256)
        if not reading.failed:
            self._keep(kept, reading)
        return reading

    def _parse(self, file: Path, sha256: str) -> Reading:
        start = start_seconds()
        content, seconds = parsed(file, sha256, self._options)
        try:
            if isinstance(content, BadDocument):
                raise content
            if content.pending:
                with metered() as spent:
                    content = self._pictures.read(content, file, self._options)
                seconds += sum(spent)
        except BadDocument as error:
            return Reading((), seconds, start, f"{error.state}: {error}")
        return Reading(content.pages, seconds, start)

    def _load(self, path: Path) -> Reading | None:
        try:
            head, _, body = path.read_bytes().partition(b"\n")
            stated = json.loads(head)
            if stated["key"] != self._key:
                return None
            pages, at = [], 0
            for size in stated["sizes"]:
                pages.append(decode(body[at : at + size]))
                at += size
            return Reading(tuple(pages), float(stated["cpu_s"]), float(stated["start_s"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None  # not there, or cut off: the file is read again

    def _keep(self, path: Path, reading: Reading) -> None:
        pages = [encode(page) for page in reading.pages]
        head = {
            "key": self._key,
            "cpu_s": reading.cpu_s,
            "start_s": reading.start_s,
            "sizes": [len(page) for page in pages],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".tmp")
        unfinished.write_bytes(json.dumps(head).encode() + b"\n" + b"".join(pages))
        unfinished.replace(path)

    def close(self) -> None:
        """Ends the processes."""
        self._pictures.close()
        self._ocr.close()
