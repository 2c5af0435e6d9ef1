"""`recto eval make`: the rated answers of a library that have a right page, as a question set.

The set is a folder as `eval.datasets` reads it. It does not know what is measured on it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app.auth import LOCAL
from app.cli import settings_of, write, write_json
from app.feedback import rated_turn
from app.wiring import open_library
from ingest.errors import BadInput, BadSetup, StorageFull
from ingest.media_type import media_type
from ingest.ratings import Rated
from ingest.records import Document
from ingest.store import Library

Row = dict[str, object]


def register_make(kinds: Any, common: argparse.ArgumentParser) -> None:
    """Adds `recto eval make`."""
    make = kinds.add_parser("make", parents=[common], help="a question set from rated answers")
    make.add_argument("out", metavar="OUT", help="the folder to make; it must not be there yet")
    make.add_argument("--from-feedback", action="store_true", required=True, help="the ratings with a right page")
    make.set_defaults(run=_make)


def _make(arguments: argparse.Namespace) -> int:
    library = open_library(settings_of(arguments))
    ratings = [rated for rated in library.conversations.ratings.all(LOCAL.user) if rated.rating.page]
    if not ratings:
        raise BadInput("no rating names a right page", hint="rate answers on the page, and choose the right page there")
    names, left_out = _names(library, ratings)
    for why in left_out:
        write(f"recto: left out: {why}", sys.stderr)
    rows = _rows((rated for rated in ratings if rated.rating.document_id in names), names)
    if not rows:
        raise BadInput("no rating is of a PDF that can be copied")
    _write_set(Path(arguments.out), library, rows, names)
    if arguments.json:
        write_json({"set": arguments.out, "questions": len(rows), "documents": len(names), "left_out": left_out})
    else:
        write(f"{len(rows)} questions over {len(names)} documents: {arguments.out}")
    return 1 if left_out else 0


def _names(library: Library, ratings: Iterable[Rated]) -> tuple[dict[str, str], list[str]]:
    """Document id -> its name in the set, where a set can hold it; and why others were left out.

    Documents of one name are told apart by their ids.
    """
    names: dict[str, str] = {}
    left_out = []
    for document_id in dict.fromkeys(rated.rating.document_id for rated in ratings):
        document = library.document(document_id)
        why = _unfit(library, document)
        if why:
            left_out.append(f"{document.name}: {why}")
            continue
        name = document.name if document.name.lower().endswith(".pdf") else f"{document.name}.pdf"
        names[document_id] = name if name not in names.values() else f"{Path(name).stem} ({document_id}).pdf"
    return names, left_out


def _unfit(library: Library, document: Document) -> str:
    path = library.originals.path(document.sha256)
    if not path.exists():
        return "its original is gone"
    if media_type(path) != "application/pdf":
        return "it is no PDF"
    return "it is encrypted" if library.password(document.sha256) else ""


def _rows(ratings: Iterable[Rated], names: dict[str, str]) -> list[Row]:
    """A question each, asked as it stands alone; one that was rated twice has all its right pages."""
    rows: dict[tuple[str, str], Row] = {}
    for rated in ratings:
        rating, turn = rated.rating, rated_turn(rated)
        question = turn.asked or turn.question
        answer = " ".join(sentence.text for sentence in turn.sentences) if rating.good else ""
        known = rows.get((question, rating.document_id), {"pages": []})
        pages = known["pages"]
        assert isinstance(pages, list)
        rows[question, rating.document_id] = {
            "id": rated.id,
            "question": question,
            "answer": answer or known.get("answer", ""),
            "doc": names[rating.document_id],
            "pages": sorted({*pages, rating.page}),
            "source": "feedback",
            "kind": "good" if rating.good else rating.reason or "bad",
        }
    return list(rows.values())


def _write_set(folder: Path, library: Library, rows: Iterable[Row], names: dict[str, str]) -> None:
    """Raises BadSetup where the folder is there, StorageFull where it cannot be written."""
    try:
        (folder / "pdfs").mkdir(parents=True)
        for document_id, name in names.items():
            shutil.copyfile(library.originals.path(library.document(document_id).sha256), folder / "pdfs" / name)
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / "questions.jsonl").write_text(lines, encoding="utf-8")
    except FileExistsError as error:
        raise BadSetup(f"{folder} holds a question set already", hint="name another folder") from error
    except OSError as error:
        raise StorageFull(f"cannot write {folder}: {error.strerror}") from error
