"""The command line: arguments in, lines or JSON out, an exit code.

0: done; 1: some input failed; 2: wrong use or set-up.

It does not know how anything is done; the service and the pipeline do. Other folders add their commands through the
entry points of the group `recto.commands`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import TextIO

from filelock import BaseFileLock, Timeout

from app.auth import LOCAL
from app.deferred import deferred
from app.docs_arguments import add_collections, add_docs
from app.page_ranges import WrongPages, parse_ranges
from app.settings import Settings, load_settings
from ingest.errors import BadInput, BadSetup, OtherSide, RectoError, StorageFull
from retrieval.scope import PageRanges

STOPPED = 130
"""The exit code after Ctrl+C, as shells have it."""


def write(text: str, stream: TextIO | None = None) -> None:
    """A line to standard output, or to the stream given."""
    (stream or sys.stdout).write(text + "\n")
    (stream or sys.stdout).flush()


def write_json(value: object) -> None:
    write(json.dumps(value, ensure_ascii=False))


def confirmed(arguments: argparse.Namespace, what: str, command: str) -> bool:
    """Whether the user agrees, by `--yes` or when asked; raises BadSetup where nobody can be asked."""
    if arguments.yes:
        return True
    if not sys.stdin.isatty():
        raise BadSetup(f"{command} would ask first", hint="give --yes where there is no terminal")
    write(f"{what}? [y/N]")
    if sys.stdin.readline().strip().lower() in ("y", "yes"):
        return True
    write("nothing done")
    return False


INGESTS = "another Recto ingests into this library"


@contextmanager
def held(lock: BaseFileLock, waiting: str) -> Iterator[None]:
    """The lock for the block; says what it waits for where another process has it. Raises StorageFull."""
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            write(f"recto: {waiting}; waiting for it", sys.stderr)
            lock.acquire()
    except OSError as error:
        raise StorageFull(f"cannot write {Path(lock.lock_file).parent}: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()


def cleared_up(tidy: Callable[[], bool]) -> bool:
    """Clears what was removed from the library's files; says so where that could not be done yet."""
    try:
        done, why = tidy(), "somebody reads the library"
    except RectoError as error:
        done, why = False, str(error)
    if not done:
        write(
            "recto: what was removed is in no answer any more, but its words are still in the library's files: "
            f"{why}; a running server clears them soon, or the next recto ingest or docs remove does",
            sys.stderr,
        )
    return done


def _common() -> argparse.ArgumentParser:
    """The options that every command takes."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--library", metavar="DIR", help="the folder that holds the documents")
    common.add_argument("--json", action="store_true", help="print JSON")
    return common


def _add_scope(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", metavar="QUESTION")
    parser.add_argument("--document", action="append", default=[], metavar="NAME|ID", help="ask only this; repeatable")
    parser.add_argument("--collection", metavar="NAME", help="ask only the documents of this collection")
    parser.add_argument("--year", type=int, action="append", default=[], metavar="N", help="of this year; repeatable")
    parser.add_argument("--company", action="append", default=[], metavar="NAME", help="of this company; repeatable")
    parser.add_argument("--kind", action="append", default=[], metavar="KIND", help="of this kind; repeatable")
    parser.add_argument("--pages", type=_pages, default=(), metavar="RANGES", help="of one document only these pages")
    parser.add_argument("--trace", action="store_true", help="tell what each branch of the search did")


def _pages(text: str) -> PageRanges:
    """ "1-3,7" as ranges, both ends included; raises ArgumentTypeError."""
    try:
        return parse_ranges(text)
    except WrongPages as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def build_parser(arguments: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The whole command line; where the `arguments` name a command of this package, without those of other packages.

    These take seconds to import.
    """
    parser = argparse.ArgumentParser(
        prog="recto", description="Ask questions of PDF documents; every sentence of the answer is proven on the page."
    )
    parser.add_argument("--version", action="version", version=f"recto {version('recto')}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    common = _common()

    ingest = commands.add_parser("ingest", parents=[common], help="read PDFs into the library")
    ingest.add_argument("paths", nargs="*", metavar="PATH", help="a PDF, or a folder of them")
    ingest.add_argument("--collection", default="default", metavar="NAME")
    ingest.add_argument("--workers", type=int, metavar="N", help="documents read at once (default: one a core)")
    ingest.add_argument("--password", default="", metavar="P", help="opens encrypted files")
    ingest.add_argument("--ocr", choices=("auto", "always", "never"), default="auto")
    ingest.add_argument("--sync", metavar="FOLDER", help="follow a folder: add, replace, and remove what vanished")
    ingest.set_defaults(run=deferred("app.ingest_command"))

    parse = commands.add_parser("parse", help="write what is read of PDFs, without a library")
    parse.add_argument("paths", nargs="+", metavar="PATH", help="a PDF, or a folder of them")
    parse.add_argument("--out", required=True, metavar="FOLDER", help="where the output goes: FOLDER/NAME.md …")
    parse.add_argument(
        "--format",
        choices=("md", "txt", "json", "csv", "png"),
        default="md",
        help="csv: a file a table; png: a picture a page",
    )
    parse.add_argument("--pages", type=_pages, default=(), metavar="RANGES", help="only these, like 1-3,7")
    parse.add_argument("--password", default="", metavar="P", help="opens encrypted files")
    parse.add_argument("--ocr", choices=("auto", "always", "never"), default="auto")
    parse.add_argument("--json", action="store_true", help="print JSON")
    parse.set_defaults(run=deferred("app.parse_command"))

    search = commands.add_parser("search", parents=[common], help="find the passages nearest to a question")
    _add_scope(search)
    search.add_argument("-k", type=int, default=10, metavar="N", help="passages (default: 10)")
    search.set_defaults(run=deferred("app.question_commands", "search"))

    ask = commands.add_parser("ask", parents=[common], help="answer a question, each sentence with its proof")
    _add_scope(ask)
    ask.add_argument(
        "--strategy",
        default="auto",
        metavar="NAME",
        help="auto, stuff, map_reduce, refine, map_rerank, tree, iterative or extractive",
    )
    ask.add_argument("--each", action="store_true", help="ask each document by itself: a row a document")
    ask.add_argument("--llm", metavar="URL", help="an OpenAI-compatible model server")
    ask.add_argument("--pack", metavar="FILE.zip", help="write the evidence of the answer into a new file")
    ask.set_defaults(run=deferred("app.question_commands", "ask"))

    add_docs(commands, common)
    add_collections(commands, common)

    replay = commands.add_parser("replay", parents=[common], help="check an evidence pack against the library")
    replay.add_argument("pack", metavar="PACK", help="a file that the page, or recto ask --pack, made")
    replay.set_defaults(run=deferred("app.replay_command"))

    feedback = commands.add_parser("feedback", help="what users thought of answers, and how they are answered now")
    rated = feedback.add_subparsers(dest="action", metavar="ACTION", required=True)
    ratings = rated.add_parser("list", parents=[common], help="all ratings")
    ratings.set_defaults(run=deferred("app.feedback_command", "list_ratings"))
    asked = rated.add_parser("ask", parents=[common], help="ask rated questions again; tell what differs")
    asked.add_argument("ids", nargs="*", metavar="ID", help="these ratings (default: all)")
    asked.add_argument("--llm", metavar="URL", help="an OpenAI-compatible model server")
    asked.set_defaults(run=deferred("app.feedback_command", "ask_ratings"))
    withdrawn = rated.add_parser("remove", parents=[common], help="remove ratings")
    withdrawn.add_argument("ids", nargs="+", metavar="ID")
    withdrawn.set_defaults(run=deferred("app.feedback_command", "remove_ratings"))

    serve = commands.add_parser("serve", parents=[common], help="the browser page and the REST API")
    serve.add_argument("--host", help="the address to listen on (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, help="the port to listen on (default: 7860)")
    serve.add_argument("--llm", metavar="URL", help="an OpenAI-compatible model server")
    serve.add_argument("--sample", action="store_true", help="add the bundled sample to an empty library")
    serve.set_defaults(run=_serve)

    llm = commands.add_parser("llm", help="the line that starts a model server on this machine's GPUs")
    llm.add_argument("--model", default="", metavar="NAME", help="a model, or its folder (default: what fits)")
    llm.add_argument("--port", type=int, default=8000, metavar="N", help="the port that it is to listen on")
    llm.add_argument("--run", action="store_true", dest="run_it", help="start it, where vllm is installed")
    llm.add_argument("--json", action="store_true", help="print JSON")
    llm.set_defaults(run=deferred("app.llm_command"))

    models = commands.add_parser("models", parents=[common], help="models that fit, what each needs and gives")
    models.set_defaults(run=deferred("app.models_command", "list_models"))
    model_actions = models.add_subparsers(dest="action", metavar="ACTION")
    listed = model_actions.add_parser("list", parents=[common], help="all (what recto models alone does)")
    listed.set_defaults(run=deferred("app.models_command", "list_models"))
    fetch = model_actions.add_parser("fetch", parents=[common], help="download one, from the model hub")
    fetch.add_argument("name", metavar="NAME", help="a preset, as recto models lists them")
    fetch.add_argument("--to", required=True, metavar="FOLDER", help="where its folder goes")
    fetch.set_defaults(run=deferred("app.models_command", "fetch_model"))

    doctor = commands.add_parser("doctor", parents=[common], help="whether every part is here and fits the library")
    doctor.set_defaults(run=deferred("app.doctor_command"))

    migrate = commands.add_parser("migrate", parents=[common], help="embed the library anew with another model")
    migrate.add_argument(
        "--to", metavar="MODEL", help="a model's folder or name, or bundled (default: as the settings say)"
    )
    migrate.add_argument("--yes", action="store_true", help="without asking")
    migrate.add_argument("--workers", type=int, metavar="N", help="processes that embed (default: one a core)")
    migrate.set_defaults(run=deferred("app.migrate_command"))

    backup = commands.add_parser("backup", parents=[common], help="write the library into one file, and check it")
    backup.add_argument("file", metavar="FILE")
    backup.add_argument("--yes", action="store_true", help="overwrite the file where there is one")
    backup.set_defaults(run=deferred("app.library_commands", "backup"))

    restore = commands.add_parser("restore", parents=[common], help="make the library what a backup holds")
    restore.add_argument("file", metavar="FILE")
    restore.add_argument("--yes", action="store_true", help="replace the documents of the library without asking")
    restore.set_defaults(run=deferred("app.library_commands", "restore"))

    fsck = commands.add_parser("fsck", parents=[common], help="check everything that the library keeps")
    fsck.add_argument("--repair", action="store_true", help="mend what can be mended")
    fsck.set_defaults(run=deferred("app.library_commands", "fsck"))

    settings = commands.add_parser("settings", parents=[common], help="the settings and what they are set to")
    settings.set_defaults(run=_settings)

    if next((one for one in arguments if not one.startswith("-")), None) not in commands.choices:
        for entry in entry_points(group="recto.commands"):
            entry.load()(commands, common)
    return parser


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The settings as the command line, the environment and recto.toml have them."""
    given = {name: getattr(arguments, name, None) for name in ("library", "host", "port", "llm", "workers")}
    return load_settings(**given)


def _settings(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    values = settings.model_dump(mode="json")
    if values["llm_api_key"]:
        values["llm_api_key"] = "(set)"
    if arguments.json:
        write_json(values)
        return 0
    for name, value in values.items():
        description = Settings.model_fields[name].description
        write(f"{name} = {'' if value is None else value}\n    {description}; RECTO_{name.upper()}")
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    from app.server import address, listen, serve

    settings = settings_of(arguments)
    with listen(settings.host, settings.port) as listener:
        from app.api import create_app
        from app.wiring import SAMPLE, build

        service = build(settings)
        try:
            if arguments.sample and not service.documents(LOCAL):
                with SAMPLE.open("rb") as file:
                    service.add(LOCAL, [(SAMPLE.name, file)])
            service.start()
            app = create_app(service)
            write(f"Recto is at {address(listener, settings.host)} (Ctrl+C stops it)")
            serve(app, listener)
        finally:
            service.close()
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code."""
    try:
        given = sys.argv[1:] if arguments is None else arguments
        parsed = build_parser(given).parse_args(given)
        code: int = parsed.run(parsed)
    except BadInput as error:
        write(f"recto: {error}", sys.stderr)
        return 1
    except (BadSetup, OtherSide, RectoError) as error:
        write(f"recto: {error}", sys.stderr)
        return 2
    except KeyboardInterrupt:
        write("recto: stopped", sys.stderr)
        return STOPPED
    except BrokenPipeError:  # the reader of our output went away
        sys.stderr.close()
        return 0
    return code
