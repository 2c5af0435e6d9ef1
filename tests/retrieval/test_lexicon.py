from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import BadSetup
from retrieval.lexicon import FOLDER, Place, load_lexicon
from retrieval.query import understand

OWN = """
fillers = ["kindly"]
instructions = ['be brief\\b.*']

[kinds]
quantity = ["how heavy"]

[part.rigging_plan]
titles = ["rigging plan"]
items = ["shrouds", "stays"]

[[topic]]
asked = ["mast height", "mast"]
stands_in = ["rigging_plan"]
items = ["height above water"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ships.toml").write_text(OWN, encoding="utf-8")
    return tmp_path


def test_a_folder_of_ones_own_adds_to_what_recto_knows(folder: Path) -> None:
    lexicon = load_lexicon(folder)
    (topic,) = lexicon.topics_of("What is the mast height?")
    assert topic.places == (Place(("rig plan",), ("shroud", "stay")),)
    assert topic.sought == ("height abov water",) or topic.sought == ("height water",)
    assert lexicon.kinds_of("How heavy is it?") == {"quantity"}
    assert lexicon.topics_of("What was the quick ratio?")  # Recto's own are still there
    assert not load_lexicon().topics_of("What is the mast height?")


def test_filler_and_instructions_are_taken_out(folder: Path) -> None:
    lexicon = load_lexicon(folder)
    assert lexicon.plain("Kindly name the pilot. Be brief, and answer in one word.").split() == [
        "name",
        "the",
        "pilot.",
    ]
    assert lexicon.plain("Please.") == "Please."  # nothing would be left
    assert "U.S. pilots" in lexicon.plain("How many U.S. pilots? Round your answer to 2.5 decimals.")


@pytest.mark.parametrize(
    ("question", "bare"),
    [
        ("What is the fee? Round your answer to 2.5 decimals.", "What is the fee?"),
        ("What is the fee?Answer in millions.", "What is the fee?"),
        ("What is the fee in USD millions, rounded to two decimals?", "What is the fee?"),
        ("What is the fee in percent of revenue?", "What is the fee in percent of revenue?"),
        ("How many mills are there? Please write down the answer in integer format.", "How many mills are there?"),
        ("Is the ratio sound? If it is not meaningful, state that and explain why.", "Is the ratio sound?"),
        (
            "Using the balance sheet, what is the ratio? The answer shall be a list.",
            "Using the balance sheet, what is the ratio?",
        ),
        ("List the mills. Answer in a list.", "List the mills. Answer in a list."),
        ("净利润是多少？请保留两位小数。", "净利润是多少？"),
        ("净利润是多少？以万元为单位。", "净利润是多少？"),
    ],
)
def test_how_to_answer_is_nothing_to_look_for(question: str, bare: str) -> None:
    assert load_lexicon().without_instructions(question) == bare


@pytest.mark.parametrize(
    "wrong",
    [
        "topics = []",
        "[[topic]\n",
        '[[topic]]\nasked = ["a"]\nstands_in = ["nowhere"]',
        '[[topic]]\nasked = "a"',
        "instructions = ['(']",
        "endings = ['(']",
    ],
)
def test_a_lexicon_that_is_wrong_is_named(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "wrong.toml").write_text(wrong, encoding="utf-8")
    with pytest.raises(BadSetup, match="wrong.toml"):
        load_lexicon(tmp_path)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetup, match="nothere"):
        load_lexicon(tmp_path / "nothere")


@pytest.mark.parametrize("name", ["en.toml", "zh.toml"])
def test_recto_has_both_languages(name: str) -> None:
    assert (FOLDER / name).exists()


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What was the quick ratio in FY22?", "balanc sheet"),
        ("Did free cash flow improve?", "statement cash flow"),
        ("毛利率是多少？", "利润 润表"),
    ],
)
def test_a_ratio_is_looked_for_where_it_stands(question: str, title: str) -> None:
    query = understand(question, load_lexicon())
    assert any(title in place.titles for place in query.places)
    assert set(title.split()) <= set(query.expansion.split())
