"""What `recto ingest` shows while it works: pages that are read from their pictures have a bar of their own."""

import re
from dataclasses import replace

import pytest

from app.ingest_command import _Bar
from ingest.pipeline import Progress
from ingest.records import Document, State

SCAN = Document("1", "scan.pdf", "", "", "0", State.PARSING)
OTHER = replace(SCAN, id="2", name="other.pdf")


def test_pictures_have_a_bar_of_their_own_over_all_documents(capsys: pytest.CaptureFixture[str]) -> None:
    bar = _Bar(shown=True)
    bar.add(SCAN, 1000)
    bar.report(Progress(SCAN, "parsing", 5, 5))
    assert "pictures" not in capsys.readouterr().err
    # Of five pages three wait; of the other's ten, two.
    for document, done, total in ((SCAN, 3, 5), (OTHER, 9, 10), (SCAN, 4, 5)):
        bar.report(Progress(document, "pictures", done, total))
    assert bar._pictures is not None and (bar._pictures.n, bar._pictures.total) == (3, 5)
    bar._pictures.refresh()
    shown = capsys.readouterr().err
    assert "reading pictures" in shown and re.search(r"3/5 \[[\d:?]+<[\d:?]+", shown)
    bar.close()


def test_without_a_terminal_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    bar = _Bar(shown=False)
    bar.report(Progress(SCAN, "pictures", 1, 5))
    bar.close()
    assert capsys.readouterr().err == ""
