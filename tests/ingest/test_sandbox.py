"""Children under limits: every end has a name, the parent outlives each, and good pages survive bad ones."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image as Picture
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

import ingest.sandbox
from ingest.child import Child, ChildFailed, Limits, read_frame, write_frame
from ingest.child_pool import ChildPool
from ingest.errors import BadDocument
from ingest.parse import ParseOptions
from ingest.records import BBox, Page, State
from ingest.sandbox import BATCH_PAGES, PageRenderer, Reading, parse_in_child, spare_children

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


def test_bookmarks_that_are_printed_make_headings_at_their_depth(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(300, 400))
    for title, depth in (("The sea", 0), ("Of ships", 1)):
        canvas.bookmarkPage(title)
        canvas.addOutlineEntry(title, title, depth)
        canvas.drawString(50, 300, title)
        canvas.drawString(50, 200, "and a line of text that goes on below it.")
        canvas.showPage()
    canvas.save()
    content = parse_in_child(tmp_path / "a.pdf", "0", OPTIONS)
    assert [(page.blocks[0].text, page.blocks[0].level) for page in content.pages] == [("The sea", 1), ("Of ships", 2)]


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


@dataclass(slots=True)
class Hanging(Fragile):
    """A reading whose child does not die but hangs on bad pages until its time is up; `now` is the clock."""

    now: float = 0.0

    def stream(self, first: int, last: int, seconds: float, *, careful: bool = False, plain: bool = False) -> None:
        try:
            Fragile.stream(self, first, last, seconds, careful=careful, plain=plain)
        except ChildFailed:
            self.now += min(seconds, self.limits.seconds_for(last - first + 1))
            raise


@pytest.mark.parametrize(("pages", "bad"), [(200, (120,)), (30, (3, 29)), (350, (1, 99, 100))])
def test_a_page_that_hangs_does_not_use_up_the_time_of_the_others(
    pages: int, bad: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = Hanging(Path("a.pdf"), OPTIONS, Limits(), "", None, None, total=pages, bad=bad)
    monkeypatch.setattr("ingest.sandbox.time.monotonic", lambda: reading.now)
    reading.deadline = reading.limits.seconds_for(pages)  # as much again as the whole had
    reading.recover(ChildFailed(State.TIMEOUT, "it takes too long"))
    assert sorted(reading.pages) == [*range(1, pages + 1)] and not reading.skipped


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


def test_a_worn_child_is_replaced_before_the_next_request() -> None:
    pool = ChildPool("ingest.renderer", {}, Limits(), size=1, uses=2)
    used: list[Child] = []
    try:
        for _ in range(3):
            pool.run(used.append, 30.0)
            assert len(pool._idle) == 1 and pool._idle[0].alive
    finally:
        pool.close()
    assert used[0] is used[1] and used[2] is not used[1]
    assert not used[0].alive


PARENT = """
import sys, time
from ingest.child import Limits
from ingest.sandbox import spare_children

spares = spare_children(2)
busy = spares.take(BUSY, Limits())
spares.refill()
for child in (busy, *spares._spares):
    print(child._process.pid, flush=True)
time.sleep(600)
"""


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for has, too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def wait_until_gone(pids: Iterable[int]) -> None:
    deadline = time.monotonic() + 20
    while not all(map(gone, pids)):
        assert time.monotonic() < deadline, "a child outlived its parent"
        time.sleep(0.02)


def busy_file(path: Path) -> Path:
    """A small file over which the native libraries work for a long time: a form drawn ten times, nine levels deep."""
    draw = "/X Do " * 10
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</XObject<</X 5 0 R>>>>/Contents 4 0 R>>",
        f"<</Length {len(draw)}>>stream\n{draw}\nendstream",
    ]
    font = "<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"
    for number in range(5, 14):
        form = "<</Type/XObject/Subtype/Form/BBox[0 0 612 792]"
        objects.append(
            f"{form}/Resources<</XObject<</X {number + 1} 0 R>>>>/Length {len(draw)}>>stream\n{draw}\nendstream"
        )
    text = "BT /F 9 Tf 9 9 Td (a) Tj ET"
    objects.append(f"{form}/Resources<</Font{font}>>/Length {len(text)}>>stream\n{text}\nendstream")
    body = "".join(f"{number} 0 obj\n{value}\nendobj\n" for number, value in enumerate(objects, 1))
    path.write_text(f"%PDF-1.4\n{body}trailer<</Root 1 0 R/Size {len(objects) + 1}>>\n%%EOF\n")
    return path


def request_for(path: Path) -> dict[str, object]:
    options = {"ocr": "auto", "dpi": 200, "second_tables": True}
    return {
        "path": str(path), "password": "", "options": options, "first": 1, "last": 0, "plain": False, "processes": 2
    }  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a busy child with its parent")
def test_no_child_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    request = request_for(busy_file(tmp_path / "busy.pdf"))
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.replace("BUSY", repr(request))],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(Path(ingest.sandbox.__file__).parent.parent)},
    )
    assert parent.stdout is not None
    pids = [int(parent.stdout.readline()) for _ in range(3)]
    busy = Path(f"/proc/{pids[0]}/stat")
    while (
        not gone(pids[0]) and sum(map(int, busy.read_text().rsplit(")", 1)[1].split()[11:13])) < 50
    ):  # its imports take half of that
        time.sleep(0.02)
    started = not any(map(gone, pids))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert started
    wait_until_gone(pids)


def test_a_spare_child_serves_one_file_and_is_replaced(tmp_path: Path) -> None:
    spares = spare_children(1)
    try:
        for number in (1, 2):
            path = make(tmp_path / f"{number}.pdf", number)
            assert len(parse_in_child(path, "0", OPTIONS, spares=spares).pages) == number
    finally:
        spares.close()
    assert len(parse_in_child(path, "0", OPTIONS, spares=spares).pages) == 2  # closed spares are started when needed
    assert spares._spares == []


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
def test_a_spare_child_that_died_is_passed_over_and_closing_ends_the_rest(tmp_path: Path) -> None:
    spares = spare_children(2)
    dead, alive = (child._process.pid for child in spares._spares)
    os.kill(dead, signal.SIGKILL)
    wait_until_gone([dead])
    assert parse_in_child(make(tmp_path / "a.pdf"), "0", OPTIONS, spares=spares).pages
    left = [child._process.pid for child in spares._spares]
    spares.close()
    wait_until_gone([dead, alive, *left])


@pytest.mark.parametrize("processes", [1, 2])
def test_what_reading_costs_is_told_once(tmp_path: Path, processes: int) -> None:
    costs: list[float] = []
    path = make(tmp_path / "a.pdf", 40)
    parse_in_child(path, "0", OPTIONS, processes=processes, on_cost=costs.append)
    assert len(costs) == 1 and 0.001 < costs[0] < 10


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"cpu_s": "x"}', b"[" * 100_000])
def test_an_odd_end_is_a_crash(payload: bytes) -> None:
    reading = Reading(Path("a.pdf"), OPTIONS, Limits(), "", None, None)
    with pytest.raises(ChildFailed):
        reading._spend(payload)


def test_a_document_read_by_two_processes_is_the_same_as_by_one(tmp_path: Path) -> None:
    path = make(tmp_path / "a.pdf", 40)
    one, two = (parse_in_child(path, "0", OPTIONS, processes=processes) for processes in (1, 2))
    assert one == two and len(one.pages) == 40
    visible = sum(len("".join(f"The body of page {number}".split())) for number in range(1, 41))
    assert (one.characters, one.characters_seen) == (visible, visible)


def test_a_file_that_never_ends_or_never_has_enough_memory_is_given_up_soon(tmp_path: Path) -> None:
    path = busy_file(tmp_path / "busy.pdf")
    start = time.monotonic()
    error = ends_as(path, limits=Limits(page_seconds=2.0, memory_bytes=400 * 2**20))
    assert error.state in (State.TIMEOUT, State.MEMORY)
    assert time.monotonic() - start < 60


def test_the_time_of_a_document_follows_its_pages() -> None:
    limits = Limits(page_seconds=30.0, more_page_seconds=0.5, wall_seconds=240.0)
    assert [limits.seconds_for(pages) for pages in (1, 100, 1000)] == [15.5, 65.0, 240.0]


def told(kind: bytes, payload: bytes) -> Reading:
    reading = Reading(Path("a.pdf"), OPTIONS, Limits(), "", None, None, total=3)
    reading._take(kind, payload, 1, 3)
    return reading


def test_what_a_child_tells_about_a_page_is_checked() -> None:
    reading = told(b"O", b'{"page": 2, "why": "", "characters": 4, "seen": 5, "regions": [[1, 2, 3, 4]]}')
    assert reading.counts == {2: (4, 5)} and not reading.wanting and reading.regions == {2: (BBox(1, 2, 3, 4),)}
    assert told(b"L", b'{"page": 2, "why": "broken"}').skipped == {2: "broken"}
    for kind, payload in (
        (b"O", b'{"page": 2, "why": "", "characters": 6, "seen": 5}'),
        (b"O", b'{"page": 2, "why": "", "characters": -1, "seen": 5}'),
        (b"O", b'{"page": 2, "why": ""}'),
        (b"O", b'{"page": 2, "why": "", "characters": 4, "seen": 5, "regions": [[1, 2, 3]]}'),
        (b"O", b'{"page": 2, "why": "", "characters": 4, "seen": 5, "regions": [[1, 2, 3, 1e9]]}'),
        (b"L", b'{"page": 4, "why": "broken"}'),
        (b"L", b'{"page": 2, "why": "\\ud800"}'),
    ):
        with pytest.raises(ChildFailed):
            told(kind, payload)
