"""Pictures within digital pages: what of them is said, and where; the last commit of a document."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ingesting import ingest
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ingest.embed import EmbedderSpec
from ingest.figures import place_of, with_figures, worth_saying
from ingest.intake import Intake, Job, Outcome
from ingest.ocr import OcrPool
from ingest.parse import ParseOptions
from ingest.pipeline import IngestOptions, Pipeline, Progress
from ingest.recognition import OcrLine, OcrWord, Recognition
from ingest.records import BBox, Block, BlockKind, Page, Word
from ingest.store import Library


def line(text: str, box: BBox, confidence: float = 0.95) -> OcrLine:
    return OcrLine(box, (OcrWord(text, box, confidence),))


def block(text: str, box: BBox) -> Block:
    return Block(BlockKind.TEXT, text, box, (Word(text, box),), ((0, len(text)),))


def test_noise_and_what_the_page_says_itself_are_left_out() -> None:
    told, noise = line("Boiler", BBox(0, 0, 60, 20)), line("xq", BBox(0, 40, 60, 60), 0.4)
    sign, said = line("-", BBox(0, 80, 60, 100)), line("Figure 1", BBox(0, 120, 60, 140))
    found = Recognition(200, 200, (told, noise, sign, said))
    assert worth_saying(found, [BBox(5, 122, 55, 138)]).lines == (told,)


@pytest.mark.parametrize(
    ("box", "place"),
    [
        (BBox(50, 150, 250, 180), 1),  # between the two of its column
        (BBox(350, 150, 550, 180), 3),
        (BBox(50, 10, 250, 40), 0),
        (BBox(700, 0, 800, 40), 4),
    ],
)
def test_a_picture_stands_in_its_column_s_order(box: BBox, place: int) -> None:
    left, right = (50, 250), (350, 550)
    blocks = [block("text", BBox(x0, top, x1, top + 50)) for x0, x1 in (left, right) for top in (50, 200)]
    assert place_of(box, blocks) == place


def test_the_words_of_a_figure_lie_where_it_stands() -> None:
    page = Page(1, 600, 800, (block("above", BBox(50, 50, 250, 60)), block("below", BBox(50, 500, 250, 510))))
    found = Recognition(400, 400, (line("Boiler", BBox(20, 40, 120, 60)),))
    made = with_figures(page, [(BBox(100, 200, 300, 400), found, 0.5)])
    assert [b.text for b in made.blocks] == ["above", "Boiler", "below"]
    assert made.blocks[1].words[0].bbox.x0 == pytest.approx(110)
    assert 219 < made.blocks[1].words[0].bbox.top < made.blocks[1].words[0].bbox.bottom < 231
    assert made.text_from == "mixed" and made.report.ocr_lines == 1 and made.report.confidence == pytest.approx(0.95)


def test_a_page_whose_pictures_say_nothing_is_as_it_was() -> None:
    page = Page(1, 600, 800, (block("above", BBox(50, 50, 250, 60)),))
    assert with_figures(page, [(BBox(100, 200, 300, 400), Recognition(400, 400), 0.5)]) == page


def with_picture(path: Path, pages: int = 2) -> Path:
    """Digital pages, each with the same picture but in another place."""
    drawn = Image.new("RGB", (400, 200), "white")
    ImageDraw.Draw(drawn).rectangle((20, 20, 300, 60), fill="black")
    buffer = BytesIO()
    drawn.save(buffer, "PNG")
    canvas = Canvas(str(path), pagesize=(400, 600))
    for number in range(pages):
        canvas.drawString(40, 500, f"The plant has three halls, of which this is number {number + 1}.")
        canvas.drawImage(ImageReader(BytesIO(buffer.getvalue())), 72, 72 * (1 + number), 216, 108)
        canvas.drawString(40, 40, "It was built in 1931 and has been in use since.")
        canvas.showPage()
    canvas.save()
    return path


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def says(text: str, looked: list[tuple[int, ...]], then: Callable[[], None] = lambda: None) -> Any:
    def read(self: OcrPool, image: Any, cancelled: Any = None) -> Recognition:
        looked.append(image.shape)
        then()
        height, width = image.shape[:2]
        return Recognition(width, height, (line(text, BBox(30, 60, 400, 160)),))

    return read


def test_figures_come_after_the_end_and_delay_nothing(
    library: Library, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[Progress | Outcome] = []
    looked: list[tuple[int, ...]] = []
    stands: list[tuple[str, int]] = []

    def note() -> None:
        (document,) = library.documents()
        stands.append((document.state.value, document.pages_done))

    monkeypatch.setattr(OcrPool, "read", says("Turbine", looked, note))
    outcome = ingest(library, cache, [with_picture(tmp_path / "plant.pdf")], events=events)["plant.pdf"]
    assert stands == [("indexed", 0)] and len(looked) == 1, "the second picture has the same pixels"
    assert outcome.state == "indexed" and "figures" in outcome.stages
    told = [event.stage if isinstance(event, Progress) else event.state for event in events]
    assert told[-3:] == ["indexed", "figures", "figures"]
    (document,) = library.documents()
    assert document.pages_done == document.pages == 2
    first, second = library.pages(document.sha256)
    assert [page.text_from for page in (first, second)] == ["mixed", "mixed"]
    texts = [b.text for b in first.blocks if b.text]
    assert texts.index("Turbine") == 1 and texts[2].startswith("It was built")
    word = next(b for b in first.blocks if b.text == "Turbine").words[0].bbox
    assert 72 < word.x0 < 100 and 420 < word.top < word.bottom < 528
    assert [action.action for action in library.changes_since(0)] == ["added", "embedded", "added", "embedded"]
    content = library.stub(document.sha256)
    assert content is not None and not content.regions


def test_only_new_chunks_get_new_vectors_and_all_equal_those_of_a_whole_ingest(
    library: Library, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OcrPool, "read", says("Turbine", []))
    ingest(library, cache, [with_picture(tmp_path / "plant.pdf")])
    (document,) = library.documents()
    spec = EmbedderSpec(cache)
    chunks = library.chunks(document.sha256)
    vectors = library.vectors(document.sha256, spec.identity())
    assert vectors is not None and len(vectors) == len(chunks)
    assert any("Turbine" in chunk.text for chunk in chunks)
    whole = spec.load().encode([chunk.text_to_embed for chunk in chunks])
    assert vectors.tolist() == whole.astype(np.float16).tolist()


def test_what_was_broken_off_is_taken_up_again(
    library: Library, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, options, spec = with_picture(tmp_path / "plant.pdf"), IngestOptions(workers=1), EmbedderSpec(cache)
    intake = Intake(library, options.keys(), spec.identity())
    job = intake.enlist(file, "default", "local")
    assert isinstance(job, Job)
    pipelines: list[Pipeline] = []
    stop = says("Turbine", [], lambda: pipelines[0]._cancelled.set())
    monkeypatch.setattr(OcrPool, "read", stop)
    with Pipeline(library, spec, options, lambda event: None) as pipeline:
        pipelines.append(pipeline)
        assert pipeline.run([job])[0].state == "indexed"
    assert [document.id for document in library.in_progress()] == [job.document.id], "its pictures wait"
    looked: list[tuple[int, ...]] = []
    monkeypatch.setattr(OcrPool, "read", says("Turbine", looked))
    assert ingest(library, cache, [file])["plant.pdf"].state == "indexed"
    assert not looked, "what was recognised is kept"
    assert not library.in_progress()
    assert any("Turbine" in chunk.text for chunk in library.chunks(job.document.sha256))


def test_never_means_that_no_picture_is_looked_at(
    library: Library, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[tuple[int, ...]] = []
    monkeypatch.setattr(OcrPool, "read", says("Turbine", looked))
    ingest(library, cache, [with_picture(tmp_path / "plant.pdf")], parse=ParseOptions(ocr="never"))
    assert not looked and not library.in_progress()
