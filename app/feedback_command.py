"""`recto feedback`: the ratings of answers, and their questions asked again."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from app.auth import LOCAL
from app.cli import settings_of, write, write_json
from app.feedback import Difference, Place, Side, ask_again
from app.page_words import page_words
from app.rating_json import rated_json
from app.ui.wording import word
from app.wiring import build, open_library
from ingest.errors import BadInput, NotFound
from ingest.ratings import Rated


def list_ratings(arguments: argparse.Namespace) -> int:
    """`recto feedback list`."""
    ratings = open_library(settings_of(arguments)).conversations.ratings.all(LOCAL.user)
    if arguments.json:
        write_json([rated_json(rated) for rated in ratings])
        return 0
    for rated in ratings:
        _write_rated(rated)
    if not ratings:
        write("no answer is rated; the page has two thumbs below each")
    return 0


def remove_ratings(arguments: argparse.Namespace) -> int:
    """`recto feedback remove`: all or none."""
    open_library(settings_of(arguments)).conversations.ratings.remove(LOCAL.user, arguments.ids)
    if arguments.json:
        write_json({"removed": arguments.ids})
    else:
        write(f"removed {len(arguments.ids)}")
    return 0


def ask_ratings(arguments: argparse.Namespace) -> int:
    """`recto feedback ask`; returns 1 where a question could not be asked."""
    service = build(settings_of(arguments))
    outcomes: Counter[str] = Counter()
    asked: list[dict[str, object]] = []
    try:
        for rated in _chosen(service.conversations.ratings.all(LOCAL.user), arguments.ids):
            try:
                difference = ask_again(service, LOCAL, rated)
            except BadInput as error:
                outcomes["failed"] += 1
                write(f"recto: {rated.id} {rated.question}: {error}", sys.stderr)
                continue
            outcomes[difference.outcome] += 1
            if arguments.json:
                asked.append(_difference_json(difference))
            else:
                _write_difference(difference)
    finally:
        service.close()
    counts = {name: outcomes[name] for name in ("better", "worse", "changed", "same", "failed")}
    if arguments.json:
        write_json({"asked": asked, **counts})
    else:
        write(", ".join(f"{count} {name}" for name, count in counts.items() if count) or "no answer is rated")
    return 1 if outcomes["failed"] else 0


def _chosen(ratings: list[Rated], ids: list[str]) -> list[Rated]:
    """Those that are named, or all; raises NotFound."""
    by_id = {rated.id: rated for rated in ratings}
    for one in ids:
        if one not in by_id:
            raise NotFound(f"no rating {one!r}", hint="recto feedback list shows what there is")
    return [by_id[one] for one in ids] or ratings


def _difference_json(difference: Difference) -> dict[str, object]:
    return {
        **rated_json(difference.rated),
        "asked": difference.question,
        "outcome": difference.outcome,
        "before": _side_json(difference.before),
        "after": _side_json(difference.after),
    }


def _side_json(side: Side) -> dict[str, object]:
    pages = [{"document": one.document, "document_id": one.document_id, "page": one.page} for one in side.pages]
    return {"answer": side.answer, "refused": side.refused, "pages": pages, "right": side.right, "rank": side.rank}


def _write_rated(rated: Rated) -> None:
    rating = rated.rating
    said = "good" if rating.good else "not good"
    why = f": {word('en', f'reason_{rating.reason}').lower()}" if rating.reason else ""
    write(f"{rated.id}  {said}{why}  {rated.question}")
    if rating.page:
        write(f"    right page: {rating.document}, {page_words('en', rating.page, '')}")
    if rating.note:
        write(f"    note: {rating.note}")


def _write_difference(difference: Difference) -> None:
    _write_rated(difference.rated)
    before, after = difference.before, difference.after
    write(f"    {difference.outcome}")
    if difference.outcome == "same":
        return
    for name, side in (("before", before), ("now", after)):
        rank = f"; the right page is number {side.rank} of those read" if side.rank else ""
        write(f"    {name}: {_pages(side.pages)}{rank}")
        if before.answer != after.answer:
            write(f"        {side.answer or '(refused)'}")


def _pages(pages: tuple[Place, ...]) -> str:
    return ", ".join(f"{one.document} {page_words('en', one.page, '')}" for one in pages) or "nothing cited"
