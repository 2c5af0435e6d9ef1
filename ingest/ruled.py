"""A second opinion on ruled tables, from pdfplumber.

Like pdf.py it runs in a limited child process only. pdfplumber is slow and never ends on some hostile files: it is
asked about single pages, under a timer.
"""

from __future__ import annotations

import signal
import struct
import sys
import zlib
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from ingest.layout import BaseBlock
from ingest.records import BBox
from ingest.tables import BaseCell

if TYPE_CHECKING:
    from pdfplumber.table import Table


class _OutOfTime(BaseException):
    """Raised by the timer inside pdfplumber; not an Exception, which its parser would swallow."""


def ruled_tables(path: Path, password: str, number: int, seconds: float) -> list[BaseBlock] | None:
    """The page's tables as pdfplumber reads them from its rules: a second opinion, some 100 ms a page.

    None when it has no opinion: it fails, needs more than `seconds` of CPU (it never ends on some hostile files), or
    the page is turned or cut, where its coordinates are not the page's as seen. Only for a process's main thread.
    """
    if sys.platform == "win32":
        return None  # no CPU timer
    import pdfplumber  # slow to import and rarely needed
    from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

    failures = (ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError, TypeError)
    over: list[bool] = []

    def stop(_signal: int, _frame: FrameType | None) -> None:
        over.append(True)
        raise _OutOfTime  # lost where it strikes inside a destructor: then the timer's next stroke, or `over`, counts

    earlier = signal.signal(signal.SIGVTALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.2)
        with pdfplumber.open(path, password=password, pages=[number]) as file:
            page = file.pages[0]
            if page.rotation or page.bbox != (0, 0, page.width, page.height):
                return None
            tables = [_plumbed(table) for table in page.find_tables()]
            return None if over else list(filter(is_table, tables))
    except (MalformedPDFException, PdfminerException, ValueError, struct.error, zlib.error, *failures, _OutOfTime):
        return None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, earlier)


def is_table(block: BaseBlock) -> bool:
    """Whether a grid has two rows, two columns and half of its cells filled."""
    columns = max(map(len, block.rows), default=0)
    filled = sum(1 for row in block.rows for cell in row if cell.text.strip())
    return len(block.rows) >= 2 and columns >= 2 and 2 * filled >= columns * len(block.rows)


def _plumbed(table: Table) -> BaseBlock:
    rows = tuple(
        tuple(BaseCell(text or "", BBox(*cell) if cell else None) for text, cell in zip(texts, row.cells, strict=True))
        for texts, row in zip(table.extract(), table.rows, strict=True)
    )
    return BaseBlock("table", BBox(*table.bbox), rows=rows)
