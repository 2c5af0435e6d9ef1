"""What `recto docs` and `recto collections` take on the command line.

It does not know how anything is done; the modules that it names do.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from app.deferred import deferred

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_docs(commands: _Commands, common: argparse.ArgumentParser) -> None:
    """`recto docs`; `common` are the options that every command takes."""
    docs = commands.add_parser("docs", help="list, show, move or remove documents")
    actions = docs.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", parents=[common], help="all documents")
    listing.add_argument("--collection", metavar="NAME")
    listing.set_defaults(run=deferred("app.docs_commands", "list_documents"))
    show = actions.add_parser("show", parents=[common], help="one document, with its headings")
    show.add_argument("name", metavar="NAME|ID")
    show.add_argument("--pages", action="store_true", help="how each page was read")
    show.set_defaults(run=deferred("app.docs_commands", "show_document"))
    describe = actions.add_parser("set", parents=[common], help="say what a document is")
    describe.add_argument("name", metavar="NAME|ID")
    describe.add_argument("--year", type=int, metavar="N", help="the year that it is about; 0: what was read of it")
    describe.add_argument("--company", metavar="NAME", help="whose it is; empty: what was read of it")
    describe.add_argument("--kind", metavar="KIND", help="such as annual report; empty: what was read of it")
    describe.add_argument("--collection", metavar="NAME", help="the collection that it is to be in")
    describe.set_defaults(run=deferred("app.docs_commands", "set_document"))
    move = actions.add_parser("move", parents=[common], help="put documents into a collection")
    move.add_argument("names", nargs="+", metavar="NAME|ID")
    move.add_argument("--collection", required=True, metavar="NAME", help="the one that they go into")
    move.set_defaults(run=deferred("app.shelf_commands", "move_documents"))
    reocr = actions.add_parser("reocr", parents=[common], help="read pages again, from their pictures")
    reocr.add_argument("name", metavar="NAME|ID")
    reocr.add_argument("--page", type=int, action="append", required=True, metavar="N", help="which; repeatable")
    reocr.add_argument("--engine", choices=("rapidocr", "paddleocr"), help="what reads them (default: as it is set)")
    reocr.set_defaults(run=deferred("app.reocr_command"))
    questions = actions.add_parser(
        "questions", parents=[common], help="let the model write questions that passages answer, to find them by"
    )
    questions.add_argument("names", nargs="+", metavar="NAME|ID")
    questions.add_argument("--per-chunk", type=_some, default=3, metavar="N", help="questions a passage (default: 3)")
    questions.add_argument("--llm", metavar="URL", help="an OpenAI-compatible model server")
    instead = questions.add_mutually_exclusive_group()
    instead.add_argument("--plan", action="store_true", help="say what it would cost, and do nothing")
    instead.add_argument("--show", action="store_true", help="show those that are there")
    instead.add_argument("--remove", action="store_true", help="take them back")
    questions.set_defaults(run=deferred("app.questions_command"))
    cancel = actions.add_parser("cancel", parents=[common], help="stop documents on their way")
    cancel.add_argument("names", nargs="+", metavar="NAME|ID")
    cancel.set_defaults(run=deferred("app.docs_commands", "cancel_documents"))
    remove = actions.add_parser("remove", parents=[common], help="remove documents")
    remove.add_argument("names", nargs="+", metavar="NAME|ID")
    remove.add_argument("--yes", action="store_true", help="without asking")
    remove.add_argument("--no-wait", action="store_true", help="return before the bytes are cleared from all files")
    remove.set_defaults(run=deferred("app.docs_commands", "remove_documents"))


def _some(text: str) -> int:
    """How many questions; raises ValueError for what is no number from 1 to 20."""
    if not 1 <= int(text) <= 20:
        raise ValueError(text)
    return int(text)


def add_collections(commands: _Commands, common: argparse.ArgumentParser) -> None:
    """`recto collections`."""
    collections = commands.add_parser("collections", help="list, rename or remove collections of documents")
    actions = collections.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", parents=[common], help="all collections")
    listing.set_defaults(run=deferred("app.shelf_commands", "list_collections"))
    rename = actions.add_parser("rename", parents=[common], help="give a collection another name")
    rename.add_argument("collection", metavar="OLD")
    rename.add_argument("name", metavar="NEW")
    rename.set_defaults(run=deferred("app.shelf_commands", "rename_collection"))
    remove = actions.add_parser("remove", parents=[common], help="end a collection")
    remove.add_argument("collection", metavar="NAME")
    remove.add_argument(
        "--documents",
        choices=("keep", "remove"),
        default="keep",
        help="keep them, in the default collection (default), or remove them for good",
    )
    remove.add_argument("--yes", action="store_true", help="without asking")
    remove.add_argument("--no-wait", action="store_true", help="return before the bytes are cleared from all files")
    remove.set_defaults(run=deferred("app.shelf_commands", "remove_collection"))
