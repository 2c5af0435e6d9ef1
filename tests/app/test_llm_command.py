"""The line that starts vLLM, for GPUs that the test makes up."""

import json
import os
from pathlib import Path

import pytest

from app.cli import main
from app.llm_command import Gpu, choose, context_tokens, gpus_of, serve_command
from ingest.errors import BadSetup

H100 = Gpu("NVIDIA H100 80GB HBM3", 85.5, 9.0)
A10 = Gpu("NVIDIA A10", 24.1, 8.6)
T4 = Gpu("Tesla T4", 16.1, 7.5)
SMALL = Gpu("NVIDIA GeForce GTX 1650", 4.3, 7.5)


def test_gpus_as_nvidia_smi_lists_them() -> None:
    listing = "NVIDIA H100 80GB HBM3, 81559, 9.0\nTesla T4, 15360, 7.5\nOdd, one, [N/A], x\n\n"
    assert [(gpu.name, round(gpu.memory_gb, 1), gpu.capability) for gpu in gpus_of(listing)] == [
        ("NVIDIA H100 80GB HBM3", 85.5, 9.0),
        ("Tesla T4", 16.1, 7.5),
    ]
    assert gpus_of("") == []


@pytest.mark.parametrize(
    ("gpus", "model"),
    [
        ([H100], "32B"),  # 65.5 GB and 8.6 GB of cache in 75 GB
        ([H100] * 2, "32B"),
        ([H100] * 4, "72B"),
        ([H100] * 3, "32B"),  # two of the three share it
        ([A10], "7B"),
        ([T4], "3B"),
    ],
)
def test_the_largest_model_that_fits_is_chosen(gpus: list[Gpu], model: str) -> None:
    chosen = choose(gpus)
    assert chosen is not None and chosen.name == f"Qwen/Qwen2.5-{model}-Instruct"
    assert 8192 <= context_tokens(chosen, gpus) <= 32768 and context_tokens(chosen, gpus) % 1024 == 0


def test_the_line() -> None:
    line = " ".join(serve_command([H100] * 4, "", 8000))
    assert line == (
        "vllm serve Qwen/Qwen2.5-72B-Instruct --dtype bfloat16 --max-model-len 32768 --gpu-memory-utilization 0.9 "
        "--enable-prefix-caching --tensor-parallel-size 4 --host 127.0.0.1 --port 8000"
    )
    assert "--dtype float16" in " ".join(serve_command([T4], "", 8000))
    own = serve_command([A10], "/models/mine", 9000)
    assert own[2] == "/models/mine" and "--max-model-len" not in own and "--tensor-parallel-size" not in own


def test_where_no_model_fits() -> None:
    for gpus in ([], [SMALL]):
        with pytest.raises(BadSetup, match=r"no NVIDIA GPU was found on which a model fits.*--llm URL"):
            serve_command(gpus, "", 8000)


def script(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["llm"]) == 2
    assert "no NVIDIA GPU" in capsys.readouterr().err
    script(tmp_path, "nvidia-smi", "echo 'NVIDIA A10, 23028, 8.6'")
    assert main(["llm", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["command"][:3] == ["vllm", "serve", "Qwen/Qwen2.5-7B-Instruct"]
    assert shown["url"] == "http://127.0.0.1:8000/v1" and shown["gpus"][0]["capability"] == 8.6
    assert main(["llm", "--run"]) == 2
    assert "vllm is not installed here" in capsys.readouterr().err


def test_vllm_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    script(tmp_path, "nvidia-smi", "echo 'NVIDIA A10, 23028, 8.6'")
    script(tmp_path, "vllm", "exit 0")
    started: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(os, "execvp", lambda file, arguments: started.append((file, arguments)))
    assert main(["llm", "--run", "--model", "/models/mine", "--port", "9000"]) == 0
    assert started[0][0] == "vllm" and started[0][1][1:3] == ["serve", "/models/mine"]
