"""`recto replay`: whether what an evidence pack says still holds in the library."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.auth import LOCAL
from app.cli import settings_of, write, write_json
from app.pack_file import read_pack
from app.replay import Finding, Replay
from app.wiring import build, open_library

_SIGNS = {"ok": "ok", "differs": "DIFFERS", "missing": "MISSING", "not_checked": "note"}


def run(arguments: argparse.Namespace) -> int:
    """Returns 1 where something differs or is missing. Raises BadInput for a file that is no pack, or was changed."""
    settings = settings_of(arguments)
    pack = read_pack(Path(arguments.pack))
    service = build(settings)
    try:
        replay = Replay(service, open_library(settings), LOCAL, pack)
        if not arguments.json:
            write(f"packed {_plain(pack.created)} by Recto {_plain(pack.recto)}: {_plain(replay.question)}")
        findings = []
        for finding in replay.findings():
            findings.append(finding)
            if not arguments.json:
                write(f"{_SIGNS[finding.result]:<8}{finding.part}: {_plain(finding.what)}")
    finally:
        service.close()
    return _told(arguments, pack.created, pack.recto, findings)


def _told(arguments: argparse.Namespace, created: str, recto: str, findings: list[Finding]) -> int:
    faults = [one for one in findings if one.result in ("differs", "missing")]
    if arguments.json:
        rows = [
            {"part": one.part, "result": one.result, "what": one.what} | ({"marker": one.marker} if one.marker else {})
            for one in findings
        ]
        write_json({"pack": arguments.pack, "created": created, "recto": recto, "ok": not faults, "findings": rows})
    else:
        proven = sum(one.result == "ok" for one in findings)
        write(f"{proven} of {proven + len(faults)} hold" + ("" if faults else ": all is as it was packed"))
    return 1 if faults else 0


def _plain(text: str) -> str:
    """A text from the pack as it may be written to a terminal: without control characters."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
