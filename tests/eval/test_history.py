"""Reports over time: ordered, over the questions that all hold, as a table and a plot."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest
from command_line import printed, refused

from app.cli import main


def report(path: Path, measured: str, *scores: float, scope: str = "document") -> str:
    """A report of questions q0, q1 …, of which each has a score; the first is in the slice `zh` too."""
    rows = [
        {
            "id": f"q{n}",
            "question": "?",
            "slices": ["all", *(["zh"] if n == 0 else [])],
            "scores": {"hit@5": one, "mrr": one / 2},
        }
        for n, one in enumerate(scores)
    ]
    made = {"kind": "retrieval", "scope": scope, "version": "0.1.0", "rows": rows}
    path.write_text(json.dumps(made | ({"measured": measured} if measured else {})), encoding="utf-8")
    return str(path)


def test_reports_are_told_in_the_order_of_their_dates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = report(tmp_path / "new.json", "2026-03-01T10:00:00+00:00", 1.0, 0.0, 1.0)
    old = report(tmp_path / "old.json", "2026-01-01T10:00:00+00:00", 0.0, 0.5)
    undated = report(tmp_path / "undated.json", "", 1.0, 0.0)
    os.utime(undated, (1770000000, 1770000000))  # 2026-02-02
    plot = tmp_path / "history.svg"
    (told,) = printed(capsys, "eval", "history", new, old, undated, "--plot", str(plot))
    assert [(one["measured"][:10], one["n"], one["hit@5"], one["mrr"]) for one in told["reports"]] == [
        ("2026-01-01", 2, 0.25, 0.125),
        ("2026-02-02", 2, 0.5, 0.25),
        ("2026-03-01", 2, 0.5, 0.25),
    ]
    svg = ElementTree.fromstring(plot.read_text(encoding="utf-8"))
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert svg.get("aria-label") == "all, in hundredths: hit@5 25.0, 50.0, 50.0; mrr 12.5, 25.0, 25.0"
    assert main(["eval", "history", new, old, "--metric", "hit@5", "--slice", "zh"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["measured", "version", "n", "hit@5", "file"]
    assert "0.0" in lines[1] and "100.0 (+100.0)" in lines[2]


def test_reports_that_cannot_be_compared_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = report(tmp_path / "a.json", "2026-01-01", 1.0)
    other = report(tmp_path / "b.json", "2026-01-02", 1.0, scope="corpus")
    assert "differ in scope" in refused(capsys, "eval", "history", one, other, code=1)
    assert "no metric ndcg (one of hit@5, mrr)" in refused(capsys, "eval", "history", one, "--metric", "ndcg", code=1)
    assert "share no question of 'en'" in refused(capsys, "eval", "history", one, "--slice", "en", code=1)
    (tmp_path / "c.json").write_text("{}", encoding="utf-8")
    assert "is no report" in refused(capsys, "eval", "history", one, str(tmp_path / "c.json"), code=1)
