"""Whether a text can be writing: languages, tables and codes are; letters that stand for others are not."""

import string

import pytest

from ingest.plausible import doubtful, surprise_of

ENGLISH = (
    "The committee met twice during the year and reviewed the annual report, the risk register and the plan for the "
    "following period. It was satisfied that proper controls were in place throughout."
)
WRITING = {
    "english": ENGLISH,
    "capitals": ENGLISH.upper(),
    "german": "Der Ausschuss trat im Laufe des Jahres zweimal zusammen und prüfte den Geschäftsbericht, das "
    "Verzeichnis der Risiken und den Plan für das kommende Jahr; die Prüfung ergab keine Beanstandungen.",
    "polish": "Komitet zebrał się dwukrotnie w ciągu roku i rozpatrzył sprawozdanie roczne, rejestr zagrożeń oraz plan "
    "na następny okres; uznał, że właściwe środki kontroli były stosowane przez cały czas.",
    "vietnamese": "Ủy ban đã họp hai lần trong năm và xem xét báo cáo thường niên, danh mục rủi ro và kế hoạch cho "
    "giai đoạn tiếp theo; các biện pháp kiểm soát phù hợp đã được áp dụng trong suốt thời gian đó.",
    "russian": "Комитет собирался дважды в течение года и рассмотрел годовой отчёт, реестр рисков и план на будущее.",
    "chinese": "本公司董事会及全体董事保证本公告内容不存在任何虚假记载、误导性陈述或者重大遗漏,"
    "并对其内容的真实性、准确性和完整性承担法律责任。",
    "numbers": "1,204 3,377 4,216 (112) 88.4 % 2019 2020 2021 " * 8,
    "dots": "Contents ........................................................................................ 4",
    "formulas": "xy = ax + by, dx/dt, f(xz) sin cos kT, qV, eV, mv, pq, xyz, ijk " * 6,
}


@pytest.mark.parametrize("name", WRITING)
def test_writing_is_not_in_doubt(name: str) -> None:
    assert doubtful(WRITING[name]) == 0


def shifted(text: str, by: int) -> str:
    letters = string.ascii_lowercase
    return text.lower().translate(str.maketrans(letters, letters[by:] + letters[:by]))


@pytest.mark.parametrize("by", range(1, 26))
def test_letters_that_stand_for_others_are(by: int) -> None:
    assert doubtful(shifted(ENGLISH, by)) > 100


def test_codes_of_glyphs_taken_for_characters_are() -> None:
    # The glyphs of many TrueType fonts lie 29 places below their letters.
    assert doubtful("".join(chr(ord(c) - 29) if c.isalpha() else " " for c in ENGLISH)) > 80


def test_chinese_mapped_to_other_characters_is() -> None:
    assert doubtful("".join(chr(0x4E00 + 37 * ord(c) % 0x51A0) for c in WRITING["chinese"])) > 40


def test_cyrillic_read_as_western_letters_is() -> None:
    assert doubtful(WRITING["russian"].encode("cp1251").decode("cp1252", "replace")) > 50


def test_one_letter_again_and_again_is() -> None:
    assert doubtful("ooo oo o " * 20) == 120


def test_surprise_by_hand() -> None:
    # "then": th 4, he 2, en 2 bits; words of fewer than four letters do not count.
    assert surprise_of("then") == (pytest.approx(8 / 3), 3)
    assert surprise_of("the n") == (0.0, 0)
    assert surprise_of("Thén") == surprise_of("then")
