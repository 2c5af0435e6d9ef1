from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sentences import sentence_spans


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Sales rose 3.5 percent. Costs fell.", ["Sales rose 3.5 percent.", "Costs fell."]),
        ("Dr. Holt founded Lantern Inc. in 1968. It grew.", ["Dr. Holt founded Lantern Inc. in 1968.", "It grew."]),
        ("See Fig. 3 and Note No. 4. Then stop.", ["See Fig. 3 and Note No. 4.", "Then stop."]),
        ("1. Open the cover. 2. Wait.", ["1. Open the cover.", "2. Wait."]),
        ("渡轮建造于1994年。可载客220人！你知道吗？", ["渡轮建造于1994年。", "可载客220人！", "你知道吗？"]),
        ("他说：“停航。”然后离开。", ["他说：“停航。”", "然后离开。"]),
        ("营业收入3.5亿元；利润0.2亿元。", ["营业收入3.5亿元；", "利润0.2亿元。"]),
        ("Adult | 8.50\nChild | 4.00", ["Adult | 8.50", "Child | 4.00"]),
        ("", []),
        ("   ", []),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@given(st.text(alphabet="ab AB.!?。！\n1,;", max_size=60))
def test_nothing_but_space_is_lost(text: str) -> None:
    spans = sentence_spans(text)
    assert "".join(text[start:end] for start, end in spans).split() == "".join(text.split()).split() or "".join(
        "".join(text[start:end].split()) for start, end in spans
    ) == "".join(text.split())
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False))
