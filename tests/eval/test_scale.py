from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from eval.made_text import CHUNKS, document, questions, ranks_of, vectors, word
from eval.query_speed import Latency
from eval.scale import Cost, scale_table
from eval.scale_plot import scale_plot


def test_made_words_are_distinct_and_made_texts_the_same_each_time() -> None:
    assert len({word(rank) for rank in range(60_000)}) == 60_000
    content, chunks = document(7)
    assert document(7)[1] == chunks and len(chunks) == CHUNKS
    assert chunks[0].text != document(8)[1][0].text
    assert [chunk.page for chunk in chunks[:5]] == [1, 1, 1, 1, 2] and len(content.pages) == chunks[-1].page
    made = vectors(7, 32)
    assert made.shape == (CHUNKS, 32) and np.linalg.norm(made.astype(float), axis=1) == pytest.approx(1, abs=1e-2)


def test_words_are_as_frequent_as_in_real_text() -> None:
    """The commonest word makes 1/2.7 of the sum of 1 / (r + 2.7), which is 10.4 for 60,000 words: 3.5 %."""
    counts = np.bincount(np.concatenate([ranks_of(number).ravel() for number in range(4)]))
    assert counts[0] / counts.sum() == pytest.approx(0.0355, abs=0.004)
    assert counts[:10].sum() > counts[10:20].sum() > counts[100:110].sum() > 0


def test_a_question_is_made_of_the_passage_that_it_names() -> None:
    for number, ordinal, question in questions(3, 20):
        held = document(number)[1][ordinal].text.split()
        assert 1 <= len(question.split()) <= 8 and set(question.split()) <= set(held)


def test_a_small_library_is_built_once_and_measured(
    tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["eval", "scale", "--chunks", "250", "500", "--questions", "10", "--folder", str(tmp_path / "made")]
    plot = tmp_path / "scale.svg"
    assert main([*command, "--plot", str(plot)]) == 0
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows[2:]] == ["250", "500"] and {row[7] for row in rows[2:]} == {"100.0"}
    built = {path: path.stat().st_mtime_ns for path in (tmp_path / "made").rglob("whole")}
    assert len(built) == 2
    assert ET.fromstring(plot.read_text()).tag.endswith("svg")


def costs() -> list[Cost]:
    return [
        Cost(10 ** (4 + n), Latency(0.01 * 2**n, 0.02 * 2**n, 5), Latency(0.01, 0.01, 5), 1.0, 300 * 2**n, 9, 0.99)
        for n in range(3)
    ]


def test_the_table_and_the_plot() -> None:
    assert "| 1,000,000 |          40.0 | 80.0 |" in scale_table(costs())
    drawn = ET.fromstring(scale_plot(costs()))
    lines = [one for one in drawn.iter() if one.tag.endswith("polyline")]
    points = [[tuple(map(float, pair.split(","))) for pair in one.attrib["points"].split()] for one in lines]
    assert [len(one) for one in points] == [3, 3, 3]
    for line in points:  # sizes and costs that grow by equal factors make straight rising lines
        steps = [(b[0] - a[0], a[1] - b[1]) for a, b in pairwise(line)]
        assert steps[0] == pytest.approx(steps[1], abs=0.2) and min(map(min, steps)) > 0
