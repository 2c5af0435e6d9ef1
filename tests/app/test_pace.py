"""How long a document takes yet, as the list of documents says it."""

from dataclasses import replace

import pytest

from app.ui.documents_pane import documents_pane
from app.ui.pace import Pace
from app.ui.session import Session
from ingest.records import Document, State

SCAN = Document("s", "scan.pdf", "default", "local", "sha", State.WORDS_READY, pages=100, pages_done=10, askable=True)


def watched(*looks: tuple[float, Document]) -> Pace:
    """A pace that looked at a document at these seconds."""
    times = iter([seconds for seconds, _ in looks])
    pace = Pace(lambda: next(times))
    for _, document in looks:
        pace.look([document])
    return pace


def at(done: int) -> Document:
    return replace(SCAN, pages_done=done)


def indexed(done: int) -> Document:
    return replace(SCAN, state=State.INDEXED, pages_done=done)


@pytest.mark.parametrize(
    ("looks", "minutes"),
    [
        ([(0, at(10))], None),  # one look says nothing
        ([(0, at(10)), (60, at(10))], None),  # nor do two between which nothing happened
        ([(0, at(10)), (1, at(20))], None),  # too short
        ([(0, at(10)), (60, at(20))], 8),  # ten pages a minute
        ([(0, at(10)), (60, at(20)), (90, at(20))], 8),  # a page that takes long does not make the pace slower at once
        ([(0, at(10)), (60, at(99))], 0),
        ([(0, at(50)), (60, at(10))], None),  # begun anew
        ([(0, indexed(10)), (60, at(20))], None),  # another kind of work
        ([(0, at(10)), (60, at(20)), (70, replace(at(100), state=State.INDEXED))], None),
        ([(0, indexed(10)), (60, indexed(20))], 8),  # the pictures within its pages
    ],
)
def test_the_time_left_follows_the_pages_that_went_by(looks: list[tuple[float, Document]], minutes: int | None) -> None:
    assert watched(*looks).minutes_left("s") == minutes


def test_the_list_says_how_long_pictures_take_yet() -> None:
    session = Session(pace=watched((0, at(10)), (60, at(20))))
    assert "searchable, reading pictures: 20/100 pages · about 8 min left" in documents_pane(session, [at(20)])
    session.language = "zh"
    assert "正在识别图片：20/100 页 · 约剩 8 分钟" in documents_pane(session, [at(20)])
    assert "left" not in documents_pane(Session(), [at(20)])
