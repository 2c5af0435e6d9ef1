"""Children under limits: every end has a name, the parent outlives each, and good pages survive bad ones."""

import threading
import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image as Picture
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from ingest.child import Child, ChildFailed, Limits, read_frame, write_frame
from ingest.errors import BadDocument
from ingest.parse import ParseOptions
from ingest.records import Page, State
from ingest.sandbox import BATCH_PAGES, PageRenderer, Reading, parse_in_child

OPTIONS = ParseOptions()


def make(path: Path, pages: int = 1, password: str = "") -> Path:
    lock = StandardEncryption(password, canPrint=1) if password else None
    canvas = Canvas(str(path), pagesize=(300, 400), encrypt=lock)
    for number in range(1, pages + 1):
        canvas.drawString(50, 300, f"The body of page {number}")
        canvas.showPage()
    canvas.save()
    return path


def ends_as(path: Path, **how: object) -> BadDocument:
    with pytest.raises(BadDocument) as caught:
        parse_in_child(path, "0", OPTIONS, **how)  # type: ignore[arg-type]
    return caught.value


def test_a_file_becomes_a_content_and_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    content = parse_in_child(make(tmp_path / "a.pdf", 3), "abc", OPTIONS, on_page=lambda *at: told.append(at))
    assert content.sha256 == "abc" and not content.skipped
    assert [page.number for page in content.pages] == [1, 2, 3]
    assert content.pages[1].blocks[0].text == "The body of page 2"
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_locked_file_opens_with_its_password_only(tmp_path: Path) -> None:
    path = make(tmp_path / "locked.pdf", password="secret")
    assert ends_as(path).state == State.NEEDS_PASSWORD
    wrong = ends_as(path, password="guess")
    assert wrong.state == State.NEEDS_PASSWORD and "wrong" in str(wrong)
    assert parse_in_child(path, "0", OPTIONS, password="secret").pages[0].blocks


ZERO_PAGES = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj
trailer<</Root 1 0 R/Size 3>>
%%EOF
"""


@pytest.mark.parametrize(
    ("data", "state"),
    [
        (b"", State.NOT_PDF),
        (b"<html>no</html>", State.NOT_PDF),
        (b"%PDF-1.5 and no more", State.DAMAGED),
        (ZERO_PAGES, State.DAMAGED),
    ],
    ids=["empty", "another format", "cut off", "zero pages"],
)
def test_files_that_cannot_be_read_say_why_in_one_line(tmp_path: Path, data: bytes, state: State) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    error = ends_as(path)
    assert error.state == state and "\n" not in str(error) and "(" in str(error)


def test_a_path_that_is_no_file(tmp_path: Path) -> None:
    assert ends_as(tmp_path / "missing.pdf").state == State.NOT_PDF
    assert ends_as(tmp_path).state == State.NOT_PDF


def test_limits_on_bytes_and_pages(tmp_path: Path) -> None:
    path = make(tmp_path / "a.pdf", 4)
    assert ends_as(path, limits=Limits(max_bytes=100)).state == State.TOO_BIG
    assert ends_as(path, limits=Limits(max_pages=3)).state == State.TOO_BIG
    assert len(parse_in_child(path, "0", OPTIONS, Limits(max_pages=4)).pages) == 4


def test_a_page_without_words_is_no_text(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"))
    canvas.rect(10, 10, 50, 50)
    canvas.save()
    assert ends_as(tmp_path / "a.pdf").state == State.NO_TEXT


def test_a_child_without_memory_ends_as_memory_or_crashed(tmp_path: Path) -> None:
    error = ends_as(make(tmp_path / "a.pdf", 2), limits=Limits(memory_bytes=2**20))
    assert error.state in (State.MEMORY, State.CRASHED)


def test_a_child_that_takes_too_long_ends_as_timeout(tmp_path: Path) -> None:
    start = time.monotonic()
    error = ends_as(make(tmp_path / "a.pdf", 2), limits=Limits(wall_seconds=0.01))
    assert error.state == State.TIMEOUT
    assert time.monotonic() - start < 10


def test_cancelling_ends_the_child(tmp_path: Path) -> None:
    cancelled = threading.Event()
    cancelled.set()
    start = time.monotonic()
    silent = Child("ingest.renderer", {}, Limits())
    try:
        with pytest.raises(ChildFailed) as caught, silent.guard(60, cancelled):
            silent.receive()
    finally:
        silent.close()
    assert caught.value.state == State.CANCELLED
    assert time.monotonic() - start < 10


def test_a_child_that_answers_nonsense_is_refused() -> None:
    child = Child("this", {}, Limits())  # it prints a poem
    try:
        with pytest.raises(ChildFailed) as caught, child.guard(20):
            while True:
                child.receive()
    finally:
        child.close()
    assert caught.value.state == State.CRASHED


def test_a_child_that_sends_too_much_is_cut_off() -> None:
    child = Child("this", {}, Limits(output_bytes=10))
    try:
        with pytest.raises(ChildFailed), child.guard(20):
            child.receive()
    finally:
        child.close()
    assert not child.alive


def test_frames_go_through_and_cut_ones_do_not() -> None:
    sink = BytesIO()
    write_frame(sink, b"P", b"payload")
    whole = sink.getvalue()
    assert read_frame(BytesIO(whole)) == (b"P", b"payload")
    assert read_frame(BytesIO(b"")) is None
    for cut in range(1, len(whole)):
        with pytest.raises(ValueError):
            read_frame(BytesIO(whole[:cut]))
    with pytest.raises(ValueError):
        read_frame(BytesIO(whole), max_bytes=3)


@dataclass(slots=True)
class Fragile(Reading):
    """A reading whose child dies on some pages; `stubborn` ones kill PDFium too."""

    bad: tuple[int, ...] = ()
    stubborn: tuple[int, ...] = ()
    children: int = 0

    def stream(self, first: int, last: int, seconds: float, *, careful: bool = False, plain: bool = False) -> None:
        self.children += 1
        deadly = self.stubborn if plain else (*self.bad, *self.stubborn)
        if any(first <= number <= last for number in deadly):
            raise ChildFailed(State.CRASHED, "died")
        for number in range(first, last + 1):
            self.pages[number] = Page(number, 100, 100, ())


def fragile(total: int, seconds: float = 1000.0, **bad: tuple[int, ...]) -> Fragile:
    reading = Fragile(Path("a.pdf"), OPTIONS, Limits(), "", None, None, total=total, **bad)  # type: ignore[arg-type]
    reading.deadline = time.monotonic() + seconds
    return reading


DIED = ChildFailed(State.CRASHED, "died")


def test_good_pages_survive_a_page_that_kills_its_reader() -> None:
    reading = fragile(120, bad=(70,), stubborn=(99,))
    reading.recover(DIED)
    assert sorted(reading.pages) == [number for number in range(1, 121) if number != 99]
    assert list(reading.skipped) == [99]
    assert reading.children < 3 * BATCH_PAGES


def test_recovery_stops_when_its_time_is_up() -> None:
    reading = fragile(120, seconds=-1.0)
    with pytest.raises(ChildFailed):
        reading.recover(DIED)
    assert reading.children == 0


def test_nothing_is_recovered_when_the_file_did_not_even_open_or_was_cancelled() -> None:
    for reading, died in ((fragile(0), DIED), (fragile(9), ChildFailed(State.CANCELLED, "cancelled"))):
        with pytest.raises(ChildFailed):
            reading.recover(died)
        assert reading.children == 0


def test_a_page_is_drawn_as_png_at_its_size(tmp_path: Path) -> None:
    path = make(tmp_path / "a.pdf", 2, password="x")
    renderer = PageRenderer()
    try:
        picture = Picture.open(BytesIO(renderer.render(path, 2, 72, "x")))
        assert picture.size == (300, 400)
        assert renderer.pixels(path, 1, 144, "x").shape == (800, 600, 3)
        with pytest.raises(BadDocument) as caught:
            renderer.render(path, 3, 72, "x")
        assert caught.value.state == State.DAMAGED
        with pytest.raises(BadDocument) as caught:
            renderer.render(path, 1, 72)
        assert caught.value.state == State.NEEDS_PASSWORD
        assert renderer.render(path, 1, 72, "x")
    finally:
        renderer.close()


def test_many_threads_share_a_renderer(tmp_path: Path) -> None:
    path = make(tmp_path / "a.pdf", 4)
    renderer = PageRenderer(processes=2)
    pictures: dict[int, bytes] = {}
    threads = [
        threading.Thread(target=lambda n=n: pictures.__setitem__(n, renderer.render(path, n, 40))) for n in range(1, 5)
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        renderer.close()
    assert len(set(pictures.values())) == 4
