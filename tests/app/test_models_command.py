"""`recto models` and `recto doctor`."""

from __future__ import annotations

from pathlib import Path

import made_models
import pytest
from command_line import printed, refused
from made_pdfs import Made

from ingest.legibility import legibility, script_of


class OnlyAscii:
    """An embedder to whose vocabulary every character beyond ASCII is unknown."""

    identity = "ascii"
    dimension = 1

    def unknown_share(self, text: str) -> float:
        return sum(not letter.isascii() for letter in text) / len(text)


def test_presets_are_listed_with_what_is_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (shown,) = printed(capsys, "models")
    assert shown["embed_model"] == "bundled" and printed(capsys, "models", "list") == [shown]
    e5 = next(one for one in shown["presets"] if one["name"] == "multilingual-e5-small")
    assert (e5["query_prefix"], e5["passage_prefix"], e5["dimension"]) == ("query: ", "passage: ", 384)
    monkeypatch.setenv("RECTO_EMBED_MODEL", "bge-m3")
    assert "recto models fetch bge-m3" in refused(capsys, "search", "anything", "--library", str(tmp_path), code=2)


def test_what_cannot_be_fetched_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no preset 'mine'" in refused(capsys, "models", "fetch", "mine", "--to", str(tmp_path), code=2)
    assert "came with Recto" in refused(capsys, "models", "fetch", "bundled", "--to", str(tmp_path), code=2)
    line = refused(capsys, "models", "fetch", "m3e-base", "--to", str(tmp_path), code=2)
    assert "moka-ai/m3e-base cannot be fetched" in line and f"{tmp_path / 'm3e-base'} by hand" in line


def test_the_doctor_says_what_the_model_cannot_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Made(tmp_path / "two.pdf").page("The ferry leaves at noon.").page("单程航行时间为二十五分钟。")
    printed(capsys, "ingest", str(made.save()), "--library", str(tmp_path / "library"))
    (found,) = printed(capsys, "doctor", "--library", str(tmp_path / "library"))
    said = {
        one["text"].split("passages in ")[1].split()[0]: one["verdict"] for one in found if one["part"] == "languages"
    }
    assert said == {"Latin": "ok", "Cjk": "note"}
    assert {one["part"] for one in found} == {"embedding", "languages", "reranker", "pictures", "machine"}
    monkeypatch.setenv("RECTO_RERANKER", str(tmp_path / "nothing"))
    (found,) = printed(capsys, "doctor", "--library", str(tmp_path / "library"), code=1)
    assert [one["part"] for one in found if one["verdict"] == "wrong"] == ["reranker"]


def test_a_library_is_embedded_by_a_model_of_ones_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made_models.encoder(tmp_path / "mine", pooling="cls_token", prompts={"query": "q: "}, chinese="渡轮航行")
    monkeypatch.setenv("RECTO_EMBED_MODEL", str(folder))
    made = Made(tmp_path / "ferry.pdf").page("The ferry leaves at noon.")
    printed(capsys, "ingest", str(made.save()), "--library", str(tmp_path / "library"))
    (found,) = printed(capsys, "search", "when does it leave", "--library", str(tmp_path / "library"))
    assert "vectors" in {by["branch"] for by in found["hits"][0]["found_by"]}


def test_texts_are_told_apart_by_script() -> None:
    assert [script_of(text) for text in ("Revenue 2021", "营业收入 2021 EUR", "Выручка", "12.5 %")] == [
        "Latin",
        "Cjk",
        "Cyrillic",
        "",
    ]
    cjk, latin = legibility(OnlyAscii(), ["abcd", "abcé", "渡轮ab", "渡轮渡a"])  # type: ignore[arg-type]
    assert (latin.script, latin.texts, latin.left_out, latin.unknown, latin.read) == ("Latin", 2, 1, 0.125, True)
    assert (cjk.script, cjk.left_out, cjk.read) == ("Cjk", 2, False)
