from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli import main
from eval.compare import bootstrap, compare, worse
from ingest.errors import BadInput


def made_report(ranks: dict[str, int | None], **fields: Any) -> dict[str, Any]:
    """A report whose rows hold hit@1 and mrr@10 of the ranks; ids that begin with "e" are of the slice "easy"."""
    rows = [
        {
            "id": id_,
            "question": f"What is {id_}?",
            "slices": ["all", "easy"] if id_.startswith("e") else ["all"],
            "rank": rank,
            "scores": {"hit@1": float(rank == 1), "mrr@10": 1 / rank if rank else 0.0},
        }
        for id_, rank in ranks.items()
    ]
    return {"kind": "retrieval", "scope": "document", "rows": rows} | fields


def test_an_interval_by_hand() -> None:
    """Of 100 rows 50 win by 1: the mean of a draw is Binomial(100, 1/2) / 100, whose 95 % lie in 0.40 to 0.60."""
    low, high = bootstrap(np.array([[1.0, 0.0]] * 50 + [[0.0, 0.0]] * 50))
    assert low == pytest.approx([0.40, 0.0]) and high == pytest.approx([0.60, 0.0])


def test_the_interval_equals_a_loop_over_draws() -> None:
    differences = np.random.default_rng(5).normal(size=(37, 2))
    random = np.random.default_rng(9)
    means = np.array([differences[random.integers(0, 37, 37)].mean(axis=0) for _ in range(4000)])
    for ours, theirs in zip(bootstrap(differences), np.percentile(means, (2.5, 97.5), axis=0), strict=True):
        assert ours == pytest.approx(theirs, abs=0.02)


def test_the_interval_is_the_same_each_time_and_another_for_another_seed() -> None:
    differences = np.random.default_rng(5).normal(size=(37, 1))
    assert np.array_equal(bootstrap(differences), bootstrap(differences))
    assert not np.array_equal(bootstrap(differences), bootstrap(differences, seed=1))


def test_many_rows_are_drawn_in_blocks() -> None:
    """30,000 rows fill more than a hundred blocks; the standard error of their mean is 1 / sqrt(30,000)."""
    low, high = bootstrap(np.random.default_rng(5).normal(size=(30_000, 1)), draws=500)
    assert (high - low)[0] == pytest.approx(2 * 1.96 / 30_000**0.5, rel=0.15)


def test_what_was_won_and_lost() -> None:
    before = made_report({"e1": 1, "e2": 2, "h1": None, "h2": 4})
    comparison = compare(before, made_report({"e1": 3, "e2": 2, "h1": 1, "h2": 3}))
    assert [(move.id, move.before, move.after) for move in comparison.won] == [("h1", None, 1), ("h2", 4, 3)]
    assert [(move.id, move.before, move.after) for move in comparison.lost] == [("e1", 1, 3)]
    assert comparison.won[0].question == "What is h1?"
    assert comparison.slices.keys() == {"all", "easy"}
    easy = comparison.slices["easy"]["hit@1"]
    assert (easy.before, easy.after, easy.change, easy.n) == (0.5, 0.0, -0.5, 2)
    assert comparison.slices["all"]["hit@1"].change == 0


def test_only_one_metric_when_asked() -> None:
    comparison = compare(made_report({"a": 2}), made_report({"a": 3}), "hit@1")
    assert list(comparison.slices["all"]) == ["hit@1"] and comparison.lost == ()
    with pytest.raises(BadInput, match=r"no metric 'hit@2'.*hit@1, mrr@10"):
        compare(made_report({"a": 2}), made_report({"a": 3}), "hit@2")


def test_questions_that_one_report_lacks_are_named_and_stop_the_gate() -> None:
    after = made_report({"b": 1, "c": 1, "d": 1})
    after["rows"][2]["question"] = "Something else?"
    comparison = compare(made_report({"a": 1, "b": 1, "d": 1}), after)
    assert comparison.only_before == ("a", "d") and comparison.only_after == ("c", "d")
    assert comparison.slices["all"]["hit@1"].n == 1
    with pytest.raises(BadInput, match="other questions: a, d, c"):
        worse(comparison)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (made_report({"a": 1}, scope="corpus"), "differ in scope: document and corpus"),
        (made_report({"a": 1}, kind="negatives"), "differ in kind"),
        (made_report({"b": 1}), "share no question"),
    ],
)
def test_what_cannot_be_compared(other: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        compare(made_report({"a": 1}), other)


def test_a_loss_is_worse_and_a_gain_is_not() -> None:
    good, bad = made_report({str(n): 1 for n in range(20)}), made_report({str(n): 1 + n % 2 for n in range(20)})
    assert [reason.split()[0] for reason in worse(compare(good, bad))] == ["hit@1", "mrr@10"]
    assert worse(compare(bad, good), max_drop=0.0) == [] == worse(compare(good, good), max_drop=0.0)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for file, ranks in zip(files, ({"e1": 1, "h1": None}, {"e1": 2, "h1": 1}), strict=True):
        file.write_text(json.dumps(made_report(ranks)), encoding="utf-8")
    assert main(["eval", "compare", str(files[0]), str(files[1])]) == 0
    shown = capsys.readouterr().out
    assert "none -> 1  h1  What is h1?" in shown and "1 -> 2  e1  What is e1?" in shown and "+25.0 [" in shown
    assert main(["eval", "compare", str(files[0]), str(files[1]), "--metric", "hit@1", "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["slices"]["all"]["hit@1"] == {"before": 0.5, "after": 0.5, "change": 0, "low": -1, "high": 1, "n": 2}
    assert [move["id"] for move in body["won"]] == ["h1"]
    files[1].write_text("[]", encoding="utf-8")
    assert main(["eval", "compare", str(files[0]), str(files[1])]) == 1
    assert "b.json is no report" in capsys.readouterr().err
