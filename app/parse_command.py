"""`recto parse`: files as Recto reads them, as Markdown, text, JSON, tables or pictures. No library takes part.

It does not know how a page is read or drawn; files are opened in limited child processes, as for `recto ingest`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tqdm import tqdm

from app.cli import settings_of, write, write_json
from app.page_json import content_json
from app.wiring import ocr_engine
from ingest.draw import draw_page
from ingest.errors import BadDocument, BadInput, BadSetup, StorageFull
from ingest.intake import clean_name, file_hash, find_files
from ingest.markdown import markdown, plain_text, table_csv
from ingest.ocr import OcrPool
from ingest.parse import ParseOptions
from ingest.pictures import PictureReader
from ingest.pipeline import default_workers, shortcomings
from ingest.records import BlockKind, Content
from ingest.renderer import PageRenderer
from ingest.sandbox import parse_in_child
from retrieval.scope import PageRanges, on_pages

_PICTURE_DPI = 144


@dataclass(frozen=True, slots=True)
class Written:
    """How a file ended: parsed, parsed_partial, or the state that names why it was not; `written` are the paths."""

    file: str
    state: str
    pages: int = 0
    written: tuple[str, ...] = ()
    reason: str = ""
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        return not self.state.startswith("parsed")


def stems(files: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Each file once, with the name that its output gets: its stem, numbered from 2 where that is taken."""
    seen: set[Path] = set()
    taken: set[str] = set()
    for file in files:
        if file.resolve() in seen:
            continue
        seen.add(file.resolve())
        stem, number = file.stem, 1
        while stem.casefold() in taken:  # a disk may not tell upper from lower case
            number += 1
            stem = f"{file.stem}-{number}"
        taken.add(stem.casefold())
        yield file, stem


class Parser:
    """Reads files and writes what it read below a folder. Close it when done."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._out = Path(arguments.out)
        self._format: str = arguments.format
        self._password: str = arguments.password
        self._pages: PageRanges = arguments.pages
        self._options = ParseOptions(ocr=arguments.ocr)
        self._ocr = OcrPool(default_workers(), engine=ocr_engine(settings_of(arguments)))
        self._pictures = PictureReader(self._ocr)
        self._renderer = PageRenderer()

    def parse(self, file: Path, stem: str) -> Written:
        """Raises BadInput for a file that cannot be read, StorageFull."""
        began = time.monotonic()
        content = self._read(file)
        written, undrawn = self._write(file, stem, content)
        reasons = [*shortcomings(content), *undrawn]
        state = "parsed_partial" if reasons else "parsed"
        seconds = round(time.monotonic() - began, 3)
        return Written(str(file), state, len(content.pages), tuple(map(str, written)), "; ".join(reasons), seconds)

    def _read(self, file: Path) -> Content:
        sha256 = file_hash(file)
        content = self._chosen(parse_in_child(file, sha256, self._options, password=self._password))
        if not content.pending:
            return content
        with tqdm(
            total=len(content.pending), unit="page", desc=file.name, leave=False, disable=not sys.stderr.isatty()
        ) as bar:

            def show(done: int) -> None:
                bar.update(done - bar.n)

            return self._pictures.read(content, file, self._options, password=self._password, on_page=show)

    def _chosen(self, content: Content) -> Content:
        """What was read of the pages asked for. The whole file is read all the same: its pages explain each other."""
        if not self._pages:
            return content

        def asked(number: int) -> bool:
            return on_pages(self._pages, number)

        chosen = replace(
            content,
            pages=tuple(page for page in content.pages if asked(page.number)),
            skipped={number: why for number, why in content.skipped.items() if asked(number)},
            pending={number: why for number, why in content.pending.items() if asked(number)},
        )
        if not chosen.pages and not chosen.skipped:
            last = max((*(page.number for page in content.pages), *content.skipped))
            raise BadInput(f"it has no such page: its pages are 1-{last}")
        return chosen

    def _write(self, file: Path, stem: str, content: Content) -> tuple[list[Path], list[str]]:
        """The paths written, and what could not be."""
        try:
            self._out.mkdir(parents=True, exist_ok=True)
            if self._format == "png":
                return self._draw(file, stem, content)
            if self._format == "csv":
                return self._tables(stem, content), []
            path = self._out / f"{stem}.{self._format}"
            with path.open("w", encoding="utf-8", newline="\n") as text:
                text.writelines(self._text(file, content))
            return [path], []
        except OSError as error:
            raise StorageFull(f"cannot write {error.filename or self._out}: {error.strerror}") from error

    def _text(self, file: Path, content: Content) -> Iterable[str]:
        match self._format:
            case "md":
                return [markdown(content.pages)]
            case "txt":
                return [plain_text(content.pages)]
        return content_json(clean_name(file.name), content)

    def _tables(self, stem: str, content: Content) -> list[Path]:
        paths = []
        for page in content.pages:
            tables = [block for block in page.blocks if block.kind is BlockKind.TABLE and block.cells]
            for number, table in enumerate(tables, 1):
                paths.append(self._out / f"{stem}-p{page.number:03}-t{number}.csv")
                # With a mark at its start, by which spreadsheets know UTF-8.
                with paths[-1].open("w", encoding="utf-8-sig", newline="") as text:
                    text.write(table_csv(table))
        return paths

    def _draw(self, file: Path, stem: str, content: Content) -> tuple[list[Path], list[str]]:
        drawn: list[Path] = []
        undrawn: list[str] = []
        for page in content.pages:
            try:
                pixels = self._renderer.pixels(file, page.number, _PICTURE_DPI, self._password, page.width)
            except BadDocument as error:
                undrawn.append(f"page {page.number} could not be drawn: {error}")
                continue
            drawn.append(self._out / f"{stem}-p{page.number:03}.png")
            draw_page(page, pixels).save(drawn[-1])
        return drawn, undrawn

    def close(self) -> None:
        """Ends the processes."""
        self._renderer.close()
        self._pictures.close()
        self._ocr.close()


def run(arguments: argparse.Namespace) -> int:
    """`recto parse`: returns 1 where a file failed; raises BadSetup."""
    if Path(arguments.out).exists() and not Path(arguments.out).is_dir():
        raise BadSetup(f"{arguments.out} is a file", hint="--out names a folder")
    began = time.monotonic()
    outcomes: list[Written] = []

    def show(outcome: Written) -> None:
        outcomes.append(outcome)
        if arguments.json:
            write_json(asdict(outcome))
        else:
            write(_line(outcome))

    files: list[Path] = []
    for name in arguments.paths:
        try:
            files += find_files(Path(name))
        except BadInput as error:
            show(Written(name, "failed", reason=str(error)))
    parser = Parser(arguments)
    try:
        for file, stem in stems(files):
            try:
                show(parser.parse(file, stem))
            except BadDocument as error:
                show(Written(str(file), error.state, reason=str(error)))
            except BadInput as error:
                show(Written(str(file), "failed", reason=str(error)))
    finally:
        parser.close()
    pages, seconds = sum(outcome.pages for outcome in outcomes), round(time.monotonic() - began, 2)
    failed = sum(outcome.failed for outcome in outcomes)
    if arguments.json:
        write_json({"summary": {"files": len(outcomes), "failed": failed, "pages": pages, "seconds": seconds}})
    else:
        write(f"{len(outcomes) - failed} of {len(outcomes)} files parsed; {_pages(pages)} in {seconds} s")
    return 1 if failed else 0


def _line(outcome: Written) -> str:
    if outcome.failed:
        return f"{outcome.state:<15} {outcome.file}: {outcome.reason}"
    if not outcome.written:
        return f"{outcome.state:<15} {outcome.file}, {_pages(outcome.pages)}: nothing to write"
    ends = outcome.written if len(outcome.written) < 3 else (outcome.written[0], "…", outcome.written[-1])
    reason = f": {outcome.reason}" if outcome.reason else ""
    return f"{outcome.state:<15} {outcome.file}, {_pages(outcome.pages)} -> {' '.join(ends)}{reason}"


def _pages(count: int) -> str:
    return "1 page" if count == 1 else f"{count} pages"
