from __future__ import annotations

import time
from pathlib import Path

from eval_made import made_bench, made_library, made_set
from fakes import scripted

from eval.first_words import measure_first_words

SERVER_S = 0.2


def test_the_servers_time_is_told_apart_from_the_rest(tmp_path: Path) -> None:
    def reply(prompt: str) -> str:
        time.sleep(SERVER_S)
        return "It says so. [1]"

    bench = made_bench(made_set(tmp_path / "set"), made_library(tmp_path / "library"), tmp_path / "cache")
    model = scripted(reply_to=reply)
    wall = measure_first_words(bench, model, "corpus", questions=3)["wall"]
    assert len(model.chat.prompts) == 23  # type: ignore[attr-defined]  # twenty to warm up
    assert [one.n for one in wall.values()] == [3, 3, 3]
    assert wall["first words, by the server"].p50_s >= SERVER_S
    assert wall["search"].p50_s <= wall["first words, beyond it"].p50_s
