"""What `recto ingest` shows while it works: what is read from pictures has bars of its own."""

import re
from dataclasses import replace

import pytest

from app.ingest_bar import IngestBar
from ingest.pipeline import Progress
from ingest.records import Document, State

SCAN = Document("1", "scan.pdf", "", "", "0", State.PARSING)
OTHER = replace(SCAN, id="2", name="other.pdf")


def last_bar(shown: str, name: str) -> tuple[str, bool]:
    """How far a bar is at last, and whether it says how long yet."""
    done, left = re.findall(rf"{name}:.*? (\d+/\d+) \[[\d:?]+(<[\d:?]+)?", shown)[-1]
    return done, bool(left)


@pytest.mark.parametrize(("stage", "name"), [("pictures", "reading pictures"), ("figures", "pictures within pages")])
def test_what_is_read_from_pictures_has_a_bar_of_its_own_over_all_documents(
    stage: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bar = IngestBar(shown=True)
    bar.add(SCAN, 1000)
    bar.report(Progress(SCAN, "parsing", 5, 5))
    assert name not in capsys.readouterr().err
    # Of five pages three wait; of the other's ten, two.
    for document, done, total in ((SCAN, 3, 5), (OTHER, 9, 10), (SCAN, 4, 5)):
        bar.report(Progress(document, stage, done, total))
    assert last_bar(capsys.readouterr().err, name) == ("3/5", True)
    bar.close()


def test_pictures_within_pages_leave_the_documents_bar_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    bar = IngestBar(shown=True)
    bar.add(SCAN, 1000)
    for stage, done, total in (("words_ready", 5, 5), ("embedding", 9, 9), ("figures", 1, 4)):
        bar.report(Progress(SCAN, stage, done, total))
    bar.close()
    assert re.findall(r"(\d+)%.* (\d+) pages,", capsys.readouterr().err)[-1] == ("100", "5")


def test_without_a_terminal_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    bar = IngestBar(shown=False)
    for stage in ("pictures", "figures"):
        bar.report(Progress(SCAN, stage, 1, 5))
    bar.close()
    assert capsys.readouterr().err == ""
