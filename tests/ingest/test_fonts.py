"""What fonts' names say."""

from __future__ import annotations

import pytest

from ingest.fonts import is_bold, plain_name


@pytest.mark.parametrize(
    ("name", "weight", "bold"),
    [
        ("Neue-Regular", 700, False),
        ("Neue-Ultrabold", 400, True),
        ("Neue", 700, True),
        ("Neue", 400, False),
        ("SimHei", 0, True),
    ],
)
def test_a_name_counts_for_more_than_the_weight_that_a_font_states(name: str, weight: int, bold: bool) -> None:
    assert is_bold(name, weight) is bold


def test_the_mark_of_a_subset_is_no_part_of_a_name() -> None:
    assert plain_name("ABCDEF+Neue-Regular") == "Neue-Regular"
    assert plain_name("ABC+Neue") == "ABC+Neue"
