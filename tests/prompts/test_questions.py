import pytest

from prompts.questions import without_instructions


@pytest.mark.parametrize(
    ("question", "bare"),
    [
        ("What is the fee in FY2021? Round your answer to two decimal places.", "What is the fee in 2021?"),
        ("What is the fee?Answer in millions.", "What is the fee?"),
        ("How many mills are there? Please write down the answer in integer format.", "How many mills are there?"),
        ("2021年净利润是多少？请保留两位小数。", "2021年净利润是多少？"),
        ("What is the fee?", "What is the fee?"),
        ("Answer in millions", "Answer in millions"),
    ],
)
def test_how_an_answer_is_to_be_written_is_nothing_to_look_for(question: str, bare: str) -> None:
    assert without_instructions(question) == bare
