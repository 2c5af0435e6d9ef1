from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from conftest import DATA
from ingesting import ingest

from ingest.chunking import ChunkOptions
from ingest.embed import EmbedderSpec
from ingest.embed_pool import EmbedPool
from ingest.errors import BadDocument, BadInput, StorageFull
from ingest.intake import Intake, Job, Outcome, find_files
from ingest.ocr import OcrPool
from ingest.parse import ParseOptions
from ingest.pipeline import IngestOptions, Pipeline, Progress, page_ranges
from ingest.recognition import Image, Recognition
from ingest.records import Content, State
from ingest.sandbox import parse_in_child
from ingest.store import Change, Library

BROKEN = {
    "not-a-pdf.pdf": "not_pdf",
    "empty.pdf": "not_pdf",
    "encrypted.pdf": "needs_password",
    "zero-pages.pdf": "damaged",
    "truncated.pdf": "damaged",
}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def test_every_file_ends_in_a_named_state_and_the_rest_goes_on(library: Library, cache: Path) -> None:
    files = [DATA / name for name in [*BROKEN, "english.pdf", "chinese.pdf"]]
    outcomes = ingest(library, cache, files)
    states = {name: outcome.state for name, outcome in outcomes.items()}
    assert states == BROKEN | {"english.pdf": "indexed", "chinese.pdf": "indexed"}
    assert all(outcomes[name].reason for name in BROKEN)
    assert "\n" not in "".join(outcome.reason for outcome in outcomes.values())
    for document in library.documents():
        assert document.state == states[document.name]
        assert bool(library.chunks(document.sha256)) == (document.state is State.INDEXED), "nothing half written"


def test_words_come_first_and_vectors_follow_in_the_chunks_order(library: Library, cache: Path) -> None:
    events: list[Progress | Outcome] = []
    ingest(library, cache, [DATA / "english.pdf"], events=events)
    stages = [event.stage if isinstance(event, Progress) else event.state for event in events]
    assert stages[-1] == "indexed" and stages.index("words_ready") < stages.index("embedding")
    (document,) = library.documents()
    spec = EmbedderSpec(cache)
    vectors = library.vectors(document.sha256, spec.identity())
    chunks = library.chunks(document.sha256)
    assert vectors is not None and len(vectors) == len(chunks)
    expected = spec.load().encode([chunk.text_to_embed for chunk in chunks])
    cosines = (vectors.astype(np.float32) * expected).sum(axis=1)
    assert cosines.min() > 0.98


def test_a_language_that_the_embedder_does_not_know_has_no_vectors(library: Library, cache: Path) -> None:
    ingest(library, cache, [DATA / "chinese.pdf"])
    (document,) = library.documents()
    vectors = library.vectors(document.sha256, EmbedderSpec(cache).identity())
    assert vectors is not None and len(vectors) and not vectors.any()


def test_the_same_bytes_again_are_unchanged(library: Library, cache: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.pdf"
    shutil.copy(DATA / "english.pdf", copy)
    first = ingest(library, cache, [DATA / "english.pdf"])["english.pdf"]
    again = ingest(library, cache, [DATA / "english.pdf", copy])
    assert {outcome.state for outcome in again.values()} == {"unchanged"}
    assert {outcome.document_id for outcome in again.values()} == {first.document_id}
    assert len(library.documents()) == 1


def test_twice_in_one_batch_is_one_document(library: Library, cache: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.pdf"
    shutil.copy(DATA / "english.pdf", copy)
    outcomes = ingest(library, cache, [DATA / "english.pdf", copy])
    assert sorted(outcome.state for outcome in outcomes.values()) == ["indexed", "unchanged"]
    assert len(library.documents()) == 1


def test_a_changed_file_replaces_its_document(library: Library, cache: Path, tmp_path: Path) -> None:
    file = tmp_path / "handbook.pdf"
    shutil.copy(DATA / "english.pdf", file)
    before = ingest(library, cache, [file])["handbook.pdf"]
    shutil.copy(DATA / "two-column.pdf", file)
    after = ingest(library, cache, [file])["handbook.pdf"]
    assert [document.id for document in library.documents()] == [after.document_id] != [before.document_id]
    shutil.copy(DATA / "not-a-pdf.pdf", file)
    assert ingest(library, cache, [file])["handbook.pdf"].state == "not_pdf"
    askable = [document.id for document in library.documents() if document.askable]
    assert askable == [after.document_id], "a version that cannot be read does not take the old one's place"


def test_a_changed_option_runs_only_what_depends_on_it(library: Library, cache: Path) -> None:
    ingest(library, cache, [DATA / "english.pdf"])
    before = len(library.chunks(library.documents()[0].sha256))
    library.originals.path(library.documents()[0].sha256).write_bytes(b"no longer readable: parsing again would fail")
    outcome = ingest(library, cache, [DATA / "english.pdf"], chunk=ChunkOptions(max_tokens=60, min_tokens=10))
    assert outcome["english.pdf"].state == "indexed"
    assert len(library.chunks(library.documents()[0].sha256)) > before


def test_a_password_opens_an_encrypted_file_also_the_second_time_it_is_named(library: Library, cache: Path) -> None:
    file = DATA / "encrypted.pdf"
    assert ingest(library, cache, [file])["encrypted.pdf"].state == "needs_password"
    assert ingest(library, cache, [file], password="wrong")["encrypted.pdf"].state == "needs_password"
    assert ingest(library, cache, [file], password="secret")["encrypted.pdf"].state == "indexed"
    (document,) = library.documents()
    assert "blue door" in library.chunks(document.sha256)[0].text
    assert library.password(document.sha256) == "secret"


def test_a_scan_is_read_by_ocr(library: Library, cache: Path) -> None:
    assert ingest(library, cache, [DATA / "scanned.pdf"])["scanned.pdf"].state == "indexed"
    (document,) = library.documents()
    text = library.chunks(document.sha256)[0].text
    assert "4.1 metres" in text and "七点四十二分" in text
    assert library.page(document.sha256, 1).text_from == "ocr"


def mixed(path: Path) -> Path:
    """A PDF of two digital pages and, after them, a scanned one."""
    merged = pypdfium2.PdfDocument.new()
    for name in ("english.pdf", "scanned.pdf"):
        merged.import_pages(pypdfium2.PdfDocument(DATA / name))
    merged.save(path)
    return path


def test_the_words_of_digital_pages_do_not_wait_for_the_pictures(
    library: Library, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, str, bool]] = []
    recognise = OcrPool.read

    def looked(pool: OcrPool, image: Image, cancelled: threading.Event | None = None) -> Recognition:
        (document,) = library.documents()
        texts = " ".join(chunk.text for chunk in library.chunks(document.sha256))
        seen.append((document.askable, document.state.value, "ferry" in texts and "4.1 metres" not in texts))
        return recognise(pool, image, cancelled)

    monkeypatch.setattr(OcrPool, "read", looked)
    assert ingest(library, cache, [mixed(tmp_path / "mixed.pdf")])["mixed.pdf"].state == "indexed"
    assert seen == [(True, "words_ready", True)]
    (document,) = library.documents()
    assert "4.1 metres" in library.chunks(document.sha256)[-1].text
    assert library.changes_since(0) == [
        Change(1, document.id, "added"),
        Change(2, document.id, "added"),
        Change(3, document.id, "embedded"),
    ]


def test_what_was_recognised_is_not_recognised_again(
    library: Library, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = mixed(tmp_path / "mixed.pdf")
    first = ingest(library, cache, [file])
    before = [*library.pages(library.documents()[0].sha256)]

    def never(*arguments: object) -> Recognition:
        raise AssertionError("this page was recognised before")

    monkeypatch.setattr(OcrPool, "read", never)
    again = ingest(library, cache, [file], parse=ParseOptions(second_tables=False))
    assert first["mixed.pdf"].state == again["mixed.pdf"].state == "indexed"
    assert [*library.pages(library.documents()[0].sha256)] == before


def test_a_document_whose_vectors_fail_is_found_by_its_words(
    library: Library, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*arguments: object) -> None:
        raise BadDocument(State.MEMORY, "its text could not be embedded")

    monkeypatch.setattr(EmbedPool, "encode", fails)
    outcome = ingest(library, cache, [DATA / "english.pdf"])["english.pdf"]
    assert outcome.state == "indexed_partial" and "words only" in outcome.reason and "embedded" in outcome.reason
    assert library.documents()[0].askable
    monkeypatch.undo()
    assert ingest(library, cache, [DATA / "english.pdf"])["english.pdf"].state == "indexed", "it is tried again"


def test_a_document_answers_while_it_is_read_anew(library: Library, cache: Path) -> None:
    ingest(library, cache, [DATA / "english.pdf"])
    states: list[tuple[str, bool]] = []

    class Watch(list[Progress | Outcome]):
        def append(self, event: Progress | Outcome) -> None:
            document = library.documents()[0]
            states.append((document.state.value, document.askable))

    ingest(library, cache, [DATA / "english.pdf"], parse=ParseOptions(dpi=100), events=Watch())
    assert {askable for _, askable in states} == {True}
    assert "parsing" in {state for state, _ in states}


def test_the_same_bytes_in_two_collections_are_read_once(library: Library, cache: Path) -> None:
    events: list[Progress | Outcome] = []
    options = IngestOptions(workers=2)
    spec = EmbedderSpec(cache)
    intake = Intake(library, options.keys(), spec.identity())
    jobs = [intake.enlist(DATA / "english.pdf", name, "local") for name in ("one", "two")]
    with Pipeline(library, spec, options, events.append) as pipeline:
        outcomes = pipeline.run(job for job in jobs if isinstance(job, Job))
    assert [outcome.state for outcome in outcomes] == ["indexed", "indexed"]
    stages = sorted(tuple(outcome.stages) for outcome in outcomes)
    assert sum("parse" in names for names in stages) == sum("embed" in names for names in stages) == 1


def test_a_file_over_which_the_ingest_died_again_and_again_is_left_alone(library: Library, cache: Path) -> None:
    spec, options = EmbedderSpec(cache), IngestOptions(workers=1)
    job = Intake(library, options.keys(), spec.identity()).enlist(DATA / "english.pdf", "default", "local")
    assert isinstance(job, Job)
    for _ in range(3):
        library.begin(job.document.id)  # and then the process was killed
    with Pipeline(library, spec, options, lambda event: None) as pipeline:
        assert pipeline.run([job])[0].state == "crashed"
    again = ingest(library, cache, [DATA / "english.pdf"])["english.pdf"]
    assert again.state == "indexed", "naming the file again is a new start"


def test_text_that_was_lost_is_a_visible_state(library: Library, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lossy(*arguments: Any, **options: Any) -> Content:
        return replace(parse_in_child(*arguments, **options), characters=94, characters_seen=100)

    monkeypatch.setattr("ingest.stages.parse_in_child", lossy)
    outcome = ingest(library, cache, [DATA / "english.pdf"])["english.pdf"]
    assert outcome.state == "indexed_partial" and "94%" in outcome.reason
    assert library.documents()[0].askable


KILLED = """
import sys
from pathlib import Path
sys.path[:0] = [{tests!r}, {root!r}]
from conftest import DATA
from ingest.store import Library
from ingesting import ingest
ingest(Library(Path({library!r})), Path({cache!r}), [DATA / name for name in {names!r}])
"""


@pytest.mark.parametrize("delay", [0.6, 1.5, 3.0])
def test_a_killed_ingest_goes_on_and_ends_equal(library: Library, cache: Path, tmp_path: Path, delay: float) -> None:
    names = ("english.pdf", "two-column.pdf", "scanned.pdf")
    here = Path(__file__)
    script = KILLED.format(
        tests=str(here.parents[1]),
        root=str(here.parents[2]),
        library=str(library.folder),
        cache=str(cache),
        names=names,
    )
    process = subprocess.Popen([sys.executable, "-c", script], cwd=here.parents[2], start_new_session=True)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait()
    ingest(library, cache, [DATA / name for name in names])
    whole = Library(tmp_path / "whole")
    ingest(whole, cache, [DATA / name for name in names])
    assert _state(library, cache) == _state(whole, cache)


def _state(library: Library, cache: Path) -> dict[str, object]:
    """Everything that a question could see."""
    identity = EmbedderSpec(cache).identity()
    state: dict[str, object] = {}
    for document in library.documents():
        vectors = library.vectors(document.sha256, identity)
        assert vectors is not None
        pages = list(library.pages(document.sha256))
        state[document.name] = (document.state, pages, library.chunks(document.sha256), vectors.tolist())
    return state


def test_a_full_disk_is_told_and_nothing_half_is_kept(
    library: Library, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise StorageFull("cannot write the library: No space left on device")

    monkeypatch.setattr(Library, "commit_words", full)
    outcome = ingest(library, cache, [DATA / "english.pdf"])["english.pdf"]
    assert outcome.state == "failed_storage" and "No space left" in outcome.reason
    monkeypatch.undo()
    assert ingest(library, cache, [DATA / "english.pdf"])["english.pdf"].state == "indexed"


def test_paths_without_a_pdf_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no PDF or picture in"):
        find_files(tmp_path)
    with pytest.raises(BadInput, match="no such file or folder"):
        find_files(tmp_path / "missing")


def test_page_ranges() -> None:
    assert page_ranges([7, 1, 2, 3]) == "1-3, 7"
