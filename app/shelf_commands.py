"""`recto collections list|rename|remove` and `recto docs move`."""

from __future__ import annotations

import argparse

from app.auth import LOCAL, Principal
from app.bodies import collection_json, document_json
from app.cli import cleared_up, confirmed, settings_of, write, write_json
from app.shelves import DEFAULT_COLLECTION, Shelves
from app.wiring import build_tidy, open_library
from ingest.records import Document
from ingest.store import Library


def _shelves(library: Library) -> Shelves:
    """A library's shelves as its local user has them; whatever reads documents finds by itself what waits."""

    def find(who: Principal, name: str) -> Document:
        return library.find(name)

    return Shelves(library, find, lambda: None)


def list_collections(arguments: argparse.Namespace) -> int:
    """`recto collections list`."""
    collections = _shelves(open_library(settings_of(arguments))).collections(LOCAL)
    if arguments.json:
        write_json([collection_json(one) for one in collections])
        return 0
    for one in collections:
        unread = f", {one.documents - one.askable} not askable" if one.askable < one.documents else ""
        write(f"{one.name}  {_counted(one.documents)}, {one.pages} pages{unread}")
    if not collections:
        write("no documents yet: add some with recto ingest FILE.pdf --collection NAME")
    return 0


def rename_collection(arguments: argparse.Namespace) -> int:
    """`recto collections rename`: no other collection may bear the name."""
    shelves = _shelves(open_library(settings_of(arguments)))
    shelves.rename(LOCAL, arguments.collection, arguments.name)
    renamed = shelves.collection(LOCAL, " ".join(arguments.name.split()))
    if arguments.json:
        write_json(collection_json(renamed))
    else:
        write(f"{arguments.collection} is {renamed.name} now: {_counted(renamed.documents)}")
    return 0


def remove_collection(arguments: argparse.Namespace) -> int:
    """`recto collections remove`: its documents go to the default one or, where it is told so, for good.

    Then it waits, as `recto docs remove` does, until no file of the library holds their words; returns 1 where some do.
    """
    library = open_library(settings_of(arguments))
    shelves, remove = _shelves(library), arguments.documents == "remove"
    count = _counted(shelves.collection(LOCAL, arguments.collection).documents)
    fate = f"remove its {count} for good" if remove else f"put its {count} into {DEFAULT_COLLECTION}"
    if not confirmed(arguments, f"end the collection {arguments.collection} and {fate}", "collections remove"):
        return 0
    inside = shelves.dissolve(LOCAL, arguments.collection, remove=remove)
    cleared = not remove or arguments.no_wait or cleared_up(build_tidy(library))
    if arguments.json:
        changed = {"state": "removed"} if remove else {"collection": DEFAULT_COLLECTION}
        write_json([document_json(document) | changed for document in inside])
    else:
        write(f"removed {arguments.collection}" + (f" and {_counted(len(inside))}" if remove else ""))
    return 0 if cleared else 1


def move_documents(arguments: argparse.Namespace) -> int:
    """`recto docs move`: all of the named, or none where a name is wrong."""
    library = open_library(settings_of(arguments))
    ids = [library.find(name).id for name in dict.fromkeys(arguments.names)]
    _shelves(library).move(LOCAL, ids, arguments.collection)
    moved = [library.document(one) for one in ids]
    if arguments.json:
        write_json([document_json(document) for document in moved])
    else:
        for document in moved:
            write(f"{document.name} is in {document.collection}")
    return 0


def _counted(documents: int) -> str:
    return f"{documents} document{'s' * (documents != 1)}"
