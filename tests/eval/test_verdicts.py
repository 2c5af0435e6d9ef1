import random
from pathlib import Path

import pytest

from eval.edits import edited, names_in
from eval.verdicts import judge_by_hand, language, load_by_hand, summary, verdicts_report, verdicts_table
from ingest.errors import BadInput


def edit(change: str, sentence: str, names: tuple[str, ...] = (), seed: int = 0) -> str | None:
    made = edited(change, sentence, random.Random(seed), names)
    return made.edited if made else None


@pytest.mark.parametrize(
    ("change", "sentence", "wanted"),
    [
        ("unit", "The term is 30 weeks.", None),
        ("unit", "The fee is $5.", {"The fee is €5.", "The fee is £5."}),
        ("scale", "The fee is 5 million euros.", {"The fee is 5 thousand euros.", "The fee is 5 billion euros."}),
        ("scale", "收入为5万元。", {"收入为5亿元。"}),
        ("rescaled", "The fee is 1.2 billion euros.", {"The fee is 1,200 million euros."}),
        ("rescaled", "收入为1.2亿元。", {"收入为12,000万元。"}),
        ("rescaled", "The fee is 5 thousand euros.", {"The fee is 5,000 euros."}),
        ("negated", "The fee is due.", {"The fee is not due."}),
        ("negated", "The fee is not due.", {"The fee is due."}),
        ("negated", "公司已支付。", {"公司未支付。"}),
        ("negated", "董事会作出决议。", None),
        ("name", "The deed was signed by Berg in May.", {"The deed was signed by Klein in May."}),
        ("untouched", "The fee is due.", {"The fee is due."}),
        ("paraphrased", "In spring, the mill began work.", {"The mill started work in spring."}),
        ("number", "Item 5(b) of 2022", None),
    ],
)
def test_an_edit_by_rule(change: str, sentence: str, wanted: set[str] | None) -> None:
    made = edit(change, sentence, ("Berg", "Klein"))
    assert made is None if wanted is None else made in wanted


def test_numbers_and_years_change_and_stay_numbers_and_years() -> None:
    for seed in range(20):
        assert edit("number", "The mill sold 1,205 tonnes in 2022.", seed=seed) != "The mill sold 1,205 tonnes in 2022."
        year = edit("year", "The mill sold 1,205 tonnes in 2022.", seed=seed)
        assert year is not None and year.startswith("The mill sold 1,205 tonnes in 20") and "2022" not in year
        assert edit("number", "2、公司已支付。", seed=seed) is None


def test_names_of_a_text() -> None:
    assert names_in("It is said that Otto Klein lives in May. 根据《公司法》在北京和王小明先生") == [
        "Otto Klein",
        "《公司法》",
        "北京",
        "王小明",
    ]
    assert (language("收入"), language("revenue")) == ("zh", "en")


def test_edits_by_hand_are_many_of_many_kinds_and_in_both_languages() -> None:
    made = load_by_hand()
    changed = [edit for edit, wanted in made if wanted != "supported"]
    assert len(changed) >= 100
    assert len({edit.change for edit in changed}) >= 10
    assert min(sum(language(edit.source) == spoken for edit in changed) for spoken in ("en", "zh")) >= 40


def test_edits_by_hand_are_judged_and_reported_alone() -> None:
    judged = judge_by_hand()
    figures = summary(judged)
    assert figures["hand_changed_right"] >= 0.95 and figures["hand_kept_wrong"] <= 0.03
    assert figures["changed"] == 0 and figures["changed_right"] is None
    table = verdicts_table(verdicts_report(judged))
    assert "| hedge, zh, by hand" in table and "– % of 0 by rule" in table


def test_a_line_that_is_no_edit_is_named(tmp_path: Path) -> None:
    file = tmp_path / "edits.jsonl"
    file.write_text('{"change": "x", "source": "a", "edited": "b", "verdict": "maybe"}\n', encoding="utf-8")
    with pytest.raises(BadInput, match=r"edits.jsonl:1"):
        load_by_hand(file)
