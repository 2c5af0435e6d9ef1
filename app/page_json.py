"""Pages as JSON: everything that was read of them, each word and cell with its box.

It knows the records and nothing of who asks. Boxes are [x0, top, x1, bottom] in PDF points, origin top left, in the
page as it is seen. Numbers are rounded to a hundredth.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from app.page_words import reason_words
from ingest.grades import grade_of, reasons_of
from ingest.records import BBox, Block, Cell, Content, Page


def _box(box: BBox) -> list[float]:
    return [round(edge, 2) for edge in box]


def _cell_json(block: Block, cell: Cell) -> dict[str, Any]:
    return {
        "row": cell.row,
        "column": cell.column,
        "row_span": cell.row_span,
        "column_span": cell.column_span,
        "text": block.text[cell.start : cell.end],
        "start": cell.start,
        "end": cell.end,
        "box": _box(cell.bbox),
        "header_path": list(cell.header_path),
    }


def _block_json(block: Block) -> dict[str, Any]:
    words = [
        {
            "text": word.text,
            "start": start,
            "end": end,
            "box": _box(word.bbox),
            "font": word.font,
            "size": round(word.size, 2),
            "bold": word.bold,
            "confidence": word.confidence,
        }
        for word, (start, end) in zip(block.words, block.offsets, strict=True)
    ]
    return {
        "kind": str(block.kind),
        "level": block.level,
        "text": block.text,
        "box": _box(block.bbox),
        "words": words,
        "cells": [_cell_json(block, cell) for cell in block.cells],
    }


def report_json(page: Page) -> dict[str, Any]:
    """How the page was read. Shares are from 0 to 1; `ocr` is null where its picture was not looked at."""
    report = page.report
    seen = report.characters_seen
    recognised = {"lines": report.ocr_lines, "confidence": round(report.confidence, 3)}
    return {
        "characters": report.characters,
        "characters_seen": seen,
        "share_read": round(report.characters / seen, 4) if seen else None,
        "garbled": report.garbled,
        "pictures": round(report.pictures, 3),
        "patched": report.patched,
        "columns": report.columns,
        "tables": report.tables,
        "tables_disputed": report.disputed,
        "plain": report.plain,
        "ocr": recognised if report.ocr_lines is not None else None,
        "notes": list(report.notes),
    }


def page_json(page: Page) -> dict[str, Any]:
    """A page; `text[start:end]` of a block is what a word or cell stands for in it."""
    reasons = reasons_of(page)
    return {
        "number": page.number,
        "label": page.label,
        "width": round(page.width, 2),
        "height": round(page.height, 2),
        "text_from": page.text_from,
        "grade": str(grade_of(reasons)),
        "reasons": [reason_words("en", reason) for reason in reasons],
        "report": report_json(page),
        "blocks": [_block_json(block) for block in page.blocks],
    }


def content_json(file: str, content: Content) -> Iterator[str]:
    """The text of one JSON object, in pieces: what was read of a file, a page a line."""
    head = {
        "file": file,
        "sha256": content.sha256,
        "title": content.title,
        "skipped": {str(number): why for number, why in content.skipped.items()},
    }
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "pages": ['
    for index, page in enumerate(content.pages):
        yield (",\n" if index else "\n") + json.dumps(page_json(page), ensure_ascii=False, separators=(",", ":"))
    yield "\n]}\n"
