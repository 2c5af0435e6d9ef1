"""Runs a command as a user would, and takes what it prints."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.cli import main


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> list[Any]:
    """What a command prints with --json, a value a line."""
    capsys.readouterr()
    assert main([*arguments, "--json"]) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str, code: int) -> str:
    """The one line that a command refuses with."""
    capsys.readouterr()
    assert main(list(arguments)) == code
    output = capsys.readouterr()
    assert output.out == ""
    (line,) = output.err.splitlines()
    assert line.startswith("recto: ")
    return line
