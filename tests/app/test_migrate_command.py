"""`recto migrate`, and what is said to a user whose settings ask for another model than the library's."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import printed, refused
from conftest import DATA

from app.settings import load_settings
from app.wiring import build_searcher, embedder_notice, open_library
from ingest.embed import bundled_model_folder


@pytest.fixture(scope="module")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with weights of its own: the bundled one's, one number changed."""
    folder = Path(shutil.copytree(bundled_model_folder(), tmp_path_factory.mktemp("models") / "other"))
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-3] ^= 1
    weights.unlink()
    weights.write_bytes(data)
    return folder


def test_a_library_goes_to_another_model_and_back(
    tmp_path: Path, other_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--library", str(tmp_path / "library")]
    printed(capsys, "ingest", str(DATA / "english.pdf"), *where)
    settings = load_settings(library=tmp_path / "library", embed_model=str(other_model))
    library = open_library(settings)
    before = library.embedder()
    assert before is not None and before.model_folder == ""
    assert "recto migrate" in embedder_notice(settings, library)
    searcher = build_searcher(settings, library)
    question, (document,) = "How long does the trip take?", library.documents()
    assert searcher.search(question, [document])

    (outcome,) = printed(capsys, "migrate", "--to", str(other_model), "--yes", *where)
    assert outcome["migrated"] and outcome["chunks"] == document.chunks
    after = library.embedder()
    assert after is not None and after.identity == outcome["embedder"] != before.identity
    assert embedder_notice(settings, library) == ""
    hits = searcher.search(question, [document])
    assert "vectors" in {found.branch for hit in hits for found in hit.found_by}, "an open index follows"

    assert printed(capsys, "migrate", "--to", str(other_model), "--yes", *where) == [
        {"embedder": after.identity, "migrated": False, "chunks": 0}
    ]
    printed(capsys, "ingest", str(DATA / "chinese.pdf"), *where)  # goes on with the library's model, not the settings'
    assert not library.without_vectors(after.identity)
    printed(capsys, "migrate", "--to", "bundled", "--yes", *where)
    assert library.embedder() == before


def test_a_model_that_is_gone_is_named_and_words_are_still_found(
    tmp_path: Path, other_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--library", str(tmp_path / "library")]
    gone = Path(shutil.copytree(other_model, tmp_path / "gone"))
    printed(capsys, "ingest", str(DATA / "english.pdf"), *where)
    printed(capsys, "migrate", "--to", str(gone), "--yes", *where)
    shutil.rmtree(gone)
    assert str(gone) in refused(capsys, "ingest", str(DATA / "chinese.pdf"), *where, code=2)
    (found,) = printed(capsys, "search", "ferry", "--trace", *where)
    assert {branch["branch"] for hit in found["hits"] for branch in hit["found_by"]} == {"words", "pages"}
    assert any(str(gone) in note for note in found["trace"]["notes"])
    printed(capsys, "migrate", "--to", "bundled", "--yes", *where)
    (found,) = printed(capsys, "search", "ferry", *where)
    assert "vectors" in {branch["branch"] for hit in found["hits"] for branch in hit["found_by"]}


def test_nobody_to_ask_needs_yes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app", "migrate", "--library", str(tmp_path / "library")]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and "--yes" in done.stderr
