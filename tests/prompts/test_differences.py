"""Statements against the sentences that they nearly quote, by hand, in both languages."""

import pytest

from prompts.differences import Differences, differences

REVENUE = "Revenue of the mill increased by 12% to $17.6 million in 2022."


@pytest.mark.parametrize(
    ("statement", "evidence"),
    [
        ("In 2022 revenue of the mill rose by 12 percent to $17,600 thousand.", REVENUE),
        ("Revenue of the mill rose to $17,600,000 in 2022.", REVENUE),
        ("The deed was signed on July 4, 2019 in Bonn.", "The deed was signed in Bonn on 4 July 2019."),
        ("The deed was signed in 2019.", "The deed was signed in Bonn on 4 July 2019."),
        ("The pump isn't covered.", "The pump is not covered."),
        ("公司营业收入为1.2亿元。", "公司营业收入达到12,000万元。"),
        ("约百分之三十的会员住在国外。", "约30%的会员住在国外。"),
        ("The group sold two mills.", "It sold two mills."),
    ],
)
def test_what_says_the_same_differs_in_nothing(statement: str, evidence: str) -> None:
    assert differences(statement, evidence, nearby=["group"]) == Differences(True)


@pytest.mark.parametrize(
    ("statement", "evidence", "words"),
    [
        ("Revenue of the mill increased by 13% to $17.6 million in 2022.", REVENUE, "13%"),
        ("Revenue of the mill increased by 12% to $17.6 billion in 2022.", REVENUE, "17.6 billion"),
        ("Revenue of the mill increased by 12% to €17.6 million in 2022.", REVENUE, "17.6 million"),
        ("Revenue of the mill increased by 12 percentage points in 2022.", REVENUE, "12 percentage points"),
        ("Revenue of the mill increased by 12% to $17.6 million in 2021.", REVENUE, "2021"),
        ("Revenue of the mill decreased by 12% to $17.6 million in 2022.", REVENUE, "decreased"),
        ("The deed was signed by Anna Berg.", "The deed was signed by Otto Klein.", "Anna Berg"),
        ("The term is 30 months.", "The term is 30 days.", "30"),
        ("三分之一的会员住在国外。", "五分之一的会员住在国外。", "三"),
    ],
)
def test_another_fact_in_the_same_place_contradicts(statement: str, evidence: str, words: str) -> None:
    found = differences(statement, evidence)
    assert found.contradicted[0].startswith(words)


@pytest.mark.parametrize(
    ("statement", "evidence"),
    [
        ("The pump is covered.", "The pump is not covered."),
        ("公司不会出售股份。", "公司会出售股份。"),
        ("Klein sued Berg in Bonn.", "Berg sued Klein in Bonn."),
        ("The price rose from 6 to 5 euros.", "The price rose from 5 to 6 euros."),
    ],
)
def test_negation_and_exchange_contradict(statement: str, evidence: str) -> None:
    assert differences(statement, evidence).contradicted


@pytest.mark.parametrize(
    ("statement", "evidence", "missing"),
    [
        ("The ferry runs twice a day and carries bicycles.", "The ferry runs twice a day.", ("carries bicycles",)),
        ("工期延误是由于人手短缺。", "工期延误是由于钢材短缺。", ("人手",)),
        ("The reserve is ample.", "Management believes that the reserve is ample.", ("The reserve is ample.",)),
    ],
)
def test_what_the_evidence_lacks_is_named(statement: str, evidence: str, missing: tuple[str, ...]) -> None:
    assert differences(statement, evidence) == Differences(True, (), missing)


def test_what_other_evidence_answers_for_is_not_missing() -> None:
    statement, evidence = "The ferry runs twice a day and carries bicycles.", "The ferry runs twice a day."
    assert differences(statement, evidence, known=["carri", "bicycl"]) == Differences(True)


def test_other_statements_are_not_compared() -> None:
    assert differences("The ferry carries bicycles.", "Lunch is served at noon in the hall.") == Differences(False)
