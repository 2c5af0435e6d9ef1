import pytest

from ingest.sentences import split
from prompts.sentences import split_finished, take_marks, without_bullet


def texts(text: str) -> list[str]:
    return [text[a:b] for a, b in split(text, lines=True)]


@pytest.mark.parametrize(
    "text", ["Rose. Costs fell 3. [1] Then more 中文。后 e.g. this. End", "收入17.5万元。[2]成本。[3]其他"]
)
def test_a_sentence_given_out_while_the_answer_is_written_never_changes(text: str) -> None:
    final = texts(text)
    for length in range(len(text) + 1):
        done = [text[a:b] for a, b in split_finished(text[:length])]
        assert done == final[: len(done)]


def test_marks_are_taken_out_and_numbered() -> None:
    assert take_marks("It rose [1, 3] by 12% 【2】[^4].") == ("It rose by 12%.", (1, 3, 2, 4))
    assert take_marks("Rose.[1-3]") == ("Rose.", (1, 2, 3))
    assert take_marks("In [2022] it rose [sic].") == ("In [2022] it rose [sic].", ())


def test_bullets_and_emphasis_are_no_part_of_a_statement() -> None:
    assert without_bullet("1. **Revenue** rose") == "Revenue rose"
    assert without_bullet("- 收入增长") == "收入增长"
    assert without_bullet("3.5% growth") == "3.5% growth"
