"""Scores of pages: by hand, and equal to the scorers beside the benchmark sets, on odd input and on real output."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.extra import load
from eval.page_metrics import mhs, nid, ocr_scores, parsing_scores, read_lines, tables_as_html
from eval.page_sets import KINDS, load_truths
from eval.reading import Reader
from eval.table_metrics import TableScores, grids_of, pooled, read_grids, relations, table_scores, teds
from eval.trees import Tree, likeness
from ingest.errors import BadInput, BadSetup
from ingest.markdown import markdown, plain_text
from ingest.parse import ParseOptions

BENCH = Path(__file__).parents[3] / "shared" / "bench"
NEEDED = ("rapidfuzz", "apted", "lxml", "bs4")
pytestmark = [
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in NEEDED), reason="the extra `eval` is not installed"
    ),
    pytest.mark.filterwarnings("ignore:The input looks more like"),  # the other scorers', about texts without markup
]


def table(*rows: str) -> str:
    """A row's cells are parted by bars."""
    lines = ("".join(f"<td>{cell}</td>" for cell in row.split("|")) for row in rows)
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def test_trees() -> None:
    one = Tree(("root",), children=[Tree(("a",), "same"), Tree(("a",), "abcd")])
    other = Tree(("root",), children=[Tree(("a",), "same"), Tree(("a",), "abxx"), Tree(("b",))])
    # One node more, and half of a text differs; without texts only the node counts.
    assert likeness(one, other, 4) == (pytest.approx(1 - 1.5 / 4), pytest.approx(1 - 1 / 4))


def test_nid() -> None:
    assert nid("one  two\n", "one two") == 1
    assert nid("abcd", "abxd") == pytest.approx(1 - 2 / 8)  # one character out, one in
    assert nid(" \n", "abc") is None


def test_pipe_tables_become_html() -> None:
    assert tables_as_html("a | b\n--|:-:\n1 | <2>\n\nend") == (
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>&lt;2&gt;</td></tr></table>\n\nend"
    )
    assert tables_as_html("|  |  |\n|---|---|\n| 1 |\n") == "<table><tr><th>1</th><th></th></tr></table>\n"
    assert tables_as_html("a | b\nc | d\n") == "a | b\nc | d\n"


def test_teds() -> None:
    truth = table("a|b", "c|dddd")
    assert teds("text", truth) is None
    assert teds(truth, "text") == (0, 0)
    assert teds(truth, truth.replace("<td>", "<th>").replace("</td>", "</th>")) == (1, 1)
    # The root's elements: a table, two rows, four cells. A quarter of a cell's text is different.
    assert teds(truth, table("a|b", "c|dddx")) == (pytest.approx(1 - 0.25 / 7), 1)
    assert teds(truth, table("a|b")) == (pytest.approx(1 - 3 / 7), pytest.approx(1 - 3 / 7))


def test_mhs() -> None:
    truth = "before\n# One\ntext\n## Two\n"
    assert mhs("no heading", truth) is None
    assert mhs(truth, "no heading") == (0, 0)
    assert mhs(truth, "before\n\n#### One\ntext\n# Two") == (1, 1)
    # Five nodes: the root, two texts, two headings. "Two" is missing.
    assert mhs(truth, "before\n# One\ntext") == (pytest.approx(4 / 5), pytest.approx(4 / 5))


def test_overall_is_the_mean_of_what_the_truth_has() -> None:
    scores = parsing_scores("plain words", "plain words")
    assert scores == {"overall": 1, "nid": 1, "nid_s": 1, "teds": None, "teds_s": None, "mhs": None, "mhs_s": None}
    scores = parsing_scores("# One\n" + table("a|b"), "# One\n")
    assert scores["teds"] == 0 and scores["nid_s"] == 1
    assert scores["overall"] == pytest.approx((scores["nid"] + 0 + scores["mhs"]) / 3)  # type: ignore[operator]


def test_relations_pass_over_empty_cells() -> None:
    (grid,) = grids_of(table("a||b", "c|d|"))
    assert relations(grid) == {("a", "b", "right"): 1, ("a", "c", "below"): 1, ("c", "d", "right"): 1}
    spanning = "<table><tr><td rowspan=2>x</td><td>y</td></tr><tr><td>z</td></tr></table>"
    (grid,) = grids_of(spanning)
    assert relations(grid) == {("x", "y", "right"): 1, ("x", "z", "right"): 1, ("y", "z", "below"): 1}


def test_tables_are_matched_by_their_texts() -> None:
    first, second = grids_of(table("a|b", "c|d") + table("e|f", "g|h"))
    assert table_scores([first, second], [second, first]) == TableScores(8, 8, 8, (1.0, 1.0))
    assert table_scores([first, second], [second]) == TableScores(4, 8, 4, (0.0, 1.0))
    report = pooled([TableScores(4, 8, 4, (0.0, 1.0)), TableScores(0, 0, 4, ())])
    assert report == {"adjacency_f1": 0.5, "precision": 0.5, "recall": 0.5, "teds": 0.5}


def test_regions_of_a_true_table_are_one_grid(tmp_path: Path) -> None:
    cell = '<cell start-row="0" start-col="{}" end-col="{}"><content>{}</content></cell>'
    region = '<region row-increment="{}">{}</region>'
    first, second = region.format(0, cell.format(0, 1, " a  b")), region.format(1, cell.format(1, 1, "c"))
    file = tmp_path / "t.xml"
    file.write_text(f"<document><table>{first}{second}</table><table/></document>")
    assert read_grids(file) == [{(0, 0): ("a b", 1, 2), (1, 1): ("c", 1, 1)}]
    file.write_text("<document><table>")
    with pytest.raises(BadInput, match=r"t\.xml"):
        read_grids(file)


def test_markup_that_the_parser_gives_up_on_has_no_tables() -> None:
    assert teds(table("a"), table("a") + "<![a|b\n") == (0, 0) and grids_of(table("a") + "<![a|b\n") == []


def test_ocr() -> None:
    assert read_lines("# Ａ b*\n---|---\n<td>c</td> ![x](y)\n") == ["Ab", "c"]
    scores = ocr_scores("天气 预报\nabcd", "天气预报abxd")
    assert scores == {"cer": pytest.approx(1 / 8), "char_f1": 7 / 8, "char_recall": 7 / 8, "line_recall": 0.5}
    assert ocr_scores("", "") == {"cer": 0, "char_f1": 1, "char_recall": 1, "line_recall": 1}
    assert ocr_scores("", "x") == {"cer": 1, "char_f1": 0, "char_recall": 0, "line_recall": 0}


def test_a_missing_package_is_named() -> None:
    with pytest.raises(BadSetup, match=r"no_such_package \(pip install -e '\.\[eval\]'\)"):
        load("no_such_package.inside")


@pytest.fixture(scope="module")
def scorers() -> Iterator[dict[str, ModuleType]]:
    """The scorers beside the benchmark sets, by kind of set."""
    if not BENCH.is_dir():
        pytest.skip("the benchmark sets are not beside this checkout: the scorers were not compared")
    before = set(sys.modules), list(sys.path)
    found = {}
    for kind in KINDS:
        spec = importlib.util.spec_from_file_location(f"bench_{kind}", BENCH / kind / "score.py")
        assert spec is not None and spec.loader is not None
        found[kind] = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found[kind])
    yield found
    for name in set(sys.modules) - before[0]:
        if name.split(".")[0].startswith(("bench_", "parsing")):
            del sys.modules[name]
    sys.path[:] = before[1]


PIPES = ["a|b\n", "|---|:-:|\n", "-|-\n", "| 1 | 2 | 3 |\n", "|||\n", "||||\n"]
LINES = ["word ", "# Head\n", "## Two \n", "####### no\n", "\n\n", "**x**", "中文", "A\tb", "\x0c", "\r\n"]
TAGS = ["<table>", "</table>", "<tr>", "</tr>", "<td>", "<td colspan=2>", "<td rowspan='x'>", "</td>", "<th>", "<b>"]
REST = [
    "</b>",
    "<br>",
    "&lt;",
    "&amp;lt;",
    "<tbody>",
    "<!-- c -->",
    "<unk>",
    "<TABLE><tr><td>x</td></tr></TABLE>",
]
DOCUMENTS = st.lists(st.sampled_from(PIPES + LINES + TAGS + REST), max_size=25).map("".join)


@settings(deadline=None)
@given(DOCUMENTS, DOCUMENTS)
def test_odd_documents_score_as_elsewhere(scorers: dict[str, ModuleType], truth: str, guess: str) -> None:
    theirs = scorers["parsing"].score_document(truth, guess)
    assert parsing_scores(truth, guess) == {name: pytest.approx(score, abs=1e-9) for name, score in theirs.items()}
    assert ocr_scores(truth, guess) == pytest.approx(scorers["ocr"].score_document(truth, guess))
    grids = grids_of(tables_as_html(guess))
    assert grids == scorers["tables"].predicted_grids(guess)
    for grid in grids:
        assert relations(grid) == scorers["tables"].relations(grid)


def test_truths_against_each_other_score_as_elsewhere(scorers: dict[str, ModuleType]) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((BENCH / "parsing" / "markdown").glob("*.md"))]
    with_tables = [text for text in texts if "<table" in text]
    for several in (texts, with_tables):
        for truth, guess in zip(several, several[1:], strict=False):
            theirs = scorers["parsing"].score_document(truth, guess)
            ours = parsing_scores(truth, guess)
            assert ours == {name: pytest.approx(score, abs=1e-9) for name, score in theirs.items()}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    reader = Reader(tmp_path_factory.mktemp("pages"), ParseOptions())
    yield reader
    reader.close()


def test_real_pages_score_as_elsewhere(scorers: dict[str, ModuleType], reader: Reader) -> None:
    truths = load_truths(BENCH / "parsing", KINDS["parsing"])
    stems = [stem for stem in truths.truths if "has_table" in truths.slices[stem]][::5] + list(truths.truths)[::25]
    for stem in stems:
        truth = truths.truths[stem].read_text(encoding="utf-8")
        pages = reader.read(truths.pdf(stem)).pages
        for style in ("html", "pipes"):
            guess = markdown(pages, tables=style)
            theirs = scorers["parsing"].score_document(truth, guess)
            ours = parsing_scores(truth, guess)
            assert ours == {name: pytest.approx(score, abs=1e-6) for name, score in theirs.items()}


def test_real_tables_score_as_elsewhere(
    scorers: dict[str, ModuleType], reader: Reader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truths = load_truths(BENCH / "tables", KINDS["tables"])
    small, out = tmp_path / "set" / "cells", tmp_path / "out"
    small.mkdir(parents=True)
    out.mkdir()
    scores = []
    for stem, truth in list(truths.truths.items())[::14]:
        guess = markdown(reader.read(truths.pdf(stem)).pages)
        (small / truth.name).write_bytes(truth.read_bytes())
        (out / f"{stem}.md").write_text(guess, encoding="utf-8")
        scores.append(table_scores(read_grids(truth), grids_of(tables_as_html(guess))))
        theirs = scorers["tables"]
        true, guessed = theirs.true_grids(truth), theirs.predicted_grids(guess)
        matched = theirs.paired(true, guessed)
        fits = {i: j for i, j in matched.items() if len(guessed[j]) < 400}
        each = [theirs.similarity(grid, guessed[fits[i]]) if i in fits else 0.0 for i, grid in enumerate(true)]
        each = [score for score, grid in zip(each, true, strict=True) if len(grid) <= theirs.MAX_CELLS]
        assert scores[-1].teds == pytest.approx(each, abs=1e-6)
    scorers["tables"].main(str(small.parent), str(out))
    printed = json.loads(capsys.readouterr().out)  # rounded to four places
    assert pooled(scores) == pytest.approx({name: printed[name] for name in pooled(scores)}, abs=5.1e-5)


def test_real_recognised_text_scores_as_elsewhere(scorers: dict[str, ModuleType], reader: Reader) -> None:
    truths = load_truths(BENCH / "ocr", KINDS["ocr"])
    stem = next(stem for stem in truths.truths if "yanbao" in stem)
    truth = truths.truths[stem].read_text(encoding="utf-8")
    guess = plain_text(reader.read(truths.pdf(stem)).pages)
    assert len(guess) > 100
    assert ocr_scores(truth, guess) == pytest.approx(scorers["ocr"].score_document(truth, guess), abs=1e-6)
