"""Evidence packs: written, read with distrust, and checked against a library that has changed or not."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import printed, refused
from made_pdfs import Made
from PIL import Image, ImageDraw

from app.auth import LOCAL
from app.cli import main
from app.pack_file import read_pack, write_pack
from app.replay import Replay
from app.service import Service
from app.settings import load_settings
from app.wiring import build
from ingest.errors import BadInput

QUESTION = "How many passengers does the ferry carry?"


@dataclass(frozen=True)
class Place:
    """A library of two documents, opened, and the evidence of an answer."""

    folder: Path
    service: Service
    pack: Path

    @property
    def library(self) -> str:
        return str(self.folder / "library")

    def faults(self, pack: Path) -> list[str]:
        """What differs or is missing."""
        replay = Replay(self.service, self.service._library, LOCAL, read_pack(pack))
        return [f"{one.part}: {one.what}" for one in replay.findings() if one.result in ("differs", "missing")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("replay")
    Made(folder / "ferry.pdf").page("The ferry carries 220 passengers.", "渡轮每天开行十二班。").page(
        "It sails."
    ).save()
    Made(folder / "lamp.pdf").page("The lamp burns for nineteen hours.").save()
    library, pack = str(folder / "library"), folder / "ferry.zip"
    assert main(["ingest", str(folder), "--library", library]) == 0
    assert main(["ask", QUESTION, "--pack", str(pack), "--library", library]) == 0
    service = build(load_settings(library=folder / "library"))
    yield Place(folder, service, pack)
    service.close()


def changed(place: Place, target: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """The pack with a file changed, and its manifest made to fit, as a forger would."""
    pack = read_pack(place.pack)
    with target.open("wb") as file:
        write_pack(file, {**pack.files, name: change(pack.files[name])}, pack.recto)
    return target


def said(**values: object) -> Callable[[bytes], bytes]:
    """Changes the first citation of an answer."""

    def change(data: bytes) -> bytes:
        answer = json.loads(data)
        answer["citations"][0] |= values
        return json.dumps(answer).encode()

    return change


def test_a_pack_holds_the_answer_the_hashes_and_a_picture_of_each_quote(place: Place) -> None:
    pack = read_pack(place.pack)
    answer, made = json.loads(pack.files["answer.json"]), json.loads(pack.files["made.json"])
    assert answer["question"] == QUESTION and "220 passengers" in answer["citations"][0]["quote"]
    sha256 = hashlib.sha256((place.folder / "ferry.pdf").read_bytes()).hexdigest()
    assert {(one["document"], one["cited"]) for one in made["originals"]} == {("ferry.pdf", True), ("lamp.pdf", False)}
    assert sha256 in {one["sha256"] for one in made["originals"]}
    assert made["index"]["shards"] and made["models"]["embedder"] and made["versions"]["recto"] == pack.recto
    assert str(place.folder) not in pack.files["made.json"].decode()
    crop = pack.crop(1)
    assert crop is not None and Image.open(io.BytesIO(crop)).format == "PNG"


def test_a_whole_pack_holds_and_every_quote_is_at_its_boxes(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    (report,) = printed(capsys, "replay", str(place.pack), "--library", place.library)
    assert report["ok"] and {one["result"] for one in report["findings"]} == {"ok"}
    assert {one["part"] for one in report["findings"]} == {"original", "quote", "picture", "answer"}


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"quote": "The ferry carries 990 passengers."}, "does not stand there"),
        ({"boxes": [{"page": 1, "box": [36.0, 300.0, 200.0, 312.0]}]}, "in other boxes"),
        ({"page": 2}, "picture of the place"),
        ({"document_id": "none"}, "does not name"),
    ],
)
def test_a_forged_citation_is_noticed(place: Place, tmp_path: Path, values: dict[str, object], fault: str) -> None:
    faults = place.faults(changed(place, tmp_path / "f.zip", "answer.json", said(**values)))
    assert any(fault in one for one in faults), faults


def test_a_quote_that_nobody_called_verified_is_no_fault(place: Place, tmp_path: Path) -> None:
    for values in ({"verified": False}, {"verified": False, "corrected": True}):
        assert place.faults(changed(place, tmp_path / "f.zip", "answer.json", said(**values))) == []


def test_a_forged_sentence_is_noticed(place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def reworded(data: bytes) -> bytes:
        return data.replace(b"220 passengers", b"990\x1b[2J passengers")

    forged = changed(place, tmp_path / "f.zip", "answer.json", lambda data: reworded(data).replace(b"\x1b", b"\\u001b"))
    assert main(["replay", str(forged), "--library", place.library]) == 1
    output = capsys.readouterr().out
    assert "DIFFERS answer: said now: “The ferry carries 220 passengers." in output
    assert "\x1b" not in output and "990\ufffd[2J passengers" in output


def painted(data: bytes) -> bytes:
    image, target = Image.open(io.BytesIO(data)), io.BytesIO()
    ImageDraw.Draw(image).rectangle([60, 60, 66, 66], fill="black")
    image.save(target, "PNG")
    return target.getvalue()


def encoded_anew(data: bytes) -> bytes:
    target = io.BytesIO()
    Image.open(io.BytesIO(data)).save(target, "PNG", compress_level=0)
    return target.getvalue()


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        (painted, ["picture: [1] picture of the place: is not as it is drawn now"]),
        (encoded_anew, []),
        (lambda data: b"\x89PNG\r\n\x1a\n no picture", ["picture: [1] picture of the place: "]),
    ],
)
def test_a_forged_picture_is_noticed(
    place: Place, tmp_path: Path, change: Callable[[bytes], bytes], faults: list[str]
) -> None:
    found = place.faults(changed(place, tmp_path / "f.zip", "crops/1.png", change))
    assert len(found) == len(faults) and all(one.startswith(said) for one, said in zip(found, faults, strict=True))


def test_a_file_that_the_library_lacks_is_named(place: Place, tmp_path: Path) -> None:
    def others(data: bytes) -> bytes:
        made = json.loads(data)
        made["originals"] = [
            one | {"sha256": hashlib.sha256(one["sha256"].encode()).hexdigest()} for one in made["originals"]
        ]
        return json.dumps(made).encode()

    assert place.faults(changed(place, tmp_path / "f.zip", "made.json", others)) == [
        "original: ferry.pdf: no document here has its bytes",
        "original: 1 documents that were asked, and not cited, are not here",
        "quote: [1] ferry.pdf, page 1: its document is not here",
        "picture: [1] picture of the place: its document is not here",
        "answer: none of the documents that were asked is here",
    ]


def members(pack: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(pack) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(target: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda files: {**files, "answer.json": files["answer.json"] + b" "}, "answer.json is not what was packed"),
        (lambda files: {**files, "crops/1.png": b"\x89PNG"}, "crops/1.png is not what was packed"),
        (lambda files: {**files, "../../x.png": b""}, "holds no file"),
        (lambda files: {**files, "crops/2.png": b""}, "not those that its manifest states"),
        (lambda files: {name: data for name, data in files.items() if name != "made.json"}, "was changed"),
        (lambda files: {**files, "manifest.json": b"[" * 100_000}, "no evidence pack"),
        (lambda files: {**files, "manifest.json": b"{}"}, "no evidence pack"),
    ],
)
def test_a_pack_that_is_not_as_it_was_written_is_refused(
    place: Place, tmp_path: Path, change: Callable[[dict[str, bytes]], dict[str, bytes]], why: str
) -> None:
    with pytest.raises(BadInput, match=why):
        read_pack(zipped(tmp_path / "f.zip", change(members(place.pack))))


def test_a_bomb_a_broken_file_and_none_are_refused(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bomb = {**members(place.pack), "crops/1.png": b"\0" * 50_000_000}
    with pytest.raises(BadInput, match="larger than itself"):
        read_pack(zipped(tmp_path / "bomb.zip", bomb, zipfile.ZIP_DEFLATED))
    whole = place.pack.read_bytes()
    for end in (0, 100, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.zip").write_bytes(whole[:end])
        with pytest.raises(BadInput):
            read_pack(tmp_path / "cut.zip")
    assert "cannot read" in refused(capsys, "replay", str(tmp_path / "none.zip"), code=1)
    answer = members(place.pack)["answer.json"]
    for odd in (b"{}", b"[]", answer.replace(b'"page": 1', b'"page": 1e30'), answer.replace(b"36.0", b"NaN")):
        pack = changed(place, tmp_path / "odd.zip", "answer.json", lambda _, odd=odd: odd)  # type: ignore[misc]
        with pytest.raises(BadInput, match="the pack holds"):
            place.faults(pack)


def test_a_pack_is_not_written_over_a_file(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(capsys, "ask", QUESTION, "--pack", str(place.pack), code=2)
    assert "name another file" in line
