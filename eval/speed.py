"""`recto eval speed`: ingest by stage, latency, memory and disk, beside LangChain's usual recipe in the same run.

It knows the command; what is measured is done by the modules beside it, which are imported only when it runs.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from app.cli import settings_of, write, write_json
from app.settings import Settings
from ingest.errors import StorageFull


def register_speed(kinds: Any, common: argparse.ArgumentParser) -> None:
    """Adds `recto eval speed`."""
    parser = kinds.add_parser("speed", parents=[common], help="how fast, beside LangChain's usual recipe")
    parser.add_argument("sets", nargs="+", metavar="SET", help="a folder with pdfs/ and questions.jsonl")
    parser.add_argument("--documents", type=int, metavar="N", help="only N documents, evenly from all")
    parser.add_argument("--out", metavar="FILE", help="write the figures here too, as JSON")
    parser.set_defaults(run=_run)


def last_speed_file(settings: Settings) -> Path:
    """Where the figures of the last run are kept."""
    return settings.cache / "eval" / "speed.json"


def _run(arguments: argparse.Namespace) -> int:
    from eval.speed_report import speed_table
    from eval.speed_sides import measure_speed

    settings = settings_of(arguments)
    report = measure_speed([Path(folder).resolve() for folder in arguments.sets], settings, arguments.documents)
    text = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
    for file in [last_speed_file(settings), *([Path(arguments.out)] if arguments.out else [])]:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise StorageFull(f"cannot write {file}: {error.strerror}") from error
    if arguments.json:
        write_json(report)
    else:
        write(speed_table(report))
    return 0
