from decimal import Decimal

import pytest

from prompts.amounts import amounts_in, rounds_to, same


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("$17,606 million in 2022", [Decimal(17_606_000_000), Decimal(2022)]),
        ("增长12.5%至1,230万元", [Decimal("12.5"), Decimal(12_300_000)]),
        ("３亿元 and (1,234)", [Decimal(300_000_000), Decimal(1234)]),
        ("百分之12", [Decimal(12)]),
        ("2021,2022", [Decimal(2021), Decimal(2022)]),
    ],
)
def test_values(text: str, values: list[Decimal]) -> None:
    assert [amount.value for amount in amounts_in(text)] == values


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        ("1.2 billion", "1,200 million", True),
        ("17,606 million", "17,606", True),  # the column says millions
        ("17,606", "17,607", False),
        ("2.50", "2.5", True),
        ("12%", "12.0", True),  # a column of percentages
        ("12%", "12 million", False),
        ("1.2亿元", "12,000万元", True),
    ],
)
def test_the_same_value(a: str, b: str, equal: bool) -> None:
    assert same(amounts_in(a)[0], amounts_in(b)[0]) is equal


@pytest.mark.parametrize(
    ("stated", "exact", "rounded"),
    [
        ("17.6 billion", "17,606", True),
        ("17.7 billion", "17,606", False),
        ("17,607", "17,606", False),
        ("12%", "12.4%", True),
        ("2022", "2021", False),
    ],
)
def test_rounding(stated: str, exact: str, rounded: bool) -> None:
    assert rounds_to(amounts_in(stated)[0], amounts_in(exact)[0]) is rounded
