"""`recto llm`: the line that starts vLLM for the GPUs of this machine, and starts it where vLLM is installed.

It does not know Recto's documents. Sizes are those of the models' own configurations; the line is for vLLM's `serve`.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from app.cli import write, write_json
from ingest.errors import BadSetup

_UTILISATION = 0.9  # of the GPUs' memory, vLLM's default
_OVERHEAD_GB = 2.0  # a GPU, for activations and CUDA graphs
_WORKING_CONTEXT, _AT_ONCE = 8192, 4  # tokens of a usual prompt and reply, and how many are to fit side by side
_MOST_CONTEXT = 32768  # more costs memory that side-by-side calls need
_BFLOAT16_FROM = 8.0  # compute capability of Ampere


@dataclass(frozen=True, slots=True)
class Gpu:
    """`memory_gb` are 10^9 bytes; `capability` is CUDA's compute capability, such as 8.6."""

    name: str
    memory_gb: float
    capability: float


@dataclass(frozen=True, slots=True)
class Weights:
    """A model: its weights in 10^9 bytes at 16 bits, the bytes of its key-value cache a token, its longest context."""

    name: str
    gb: float
    cache_bytes: int
    context_tokens: int


# All write English and Chinese. Cache: 2 (keys, values) * layers * key-value heads * head size * 2 bytes.
MODELS = (
    Weights("Qwen/Qwen2.5-72B-Instruct", 145.4, 2 * 80 * 8 * 128 * 2, 32768),
    Weights("Qwen/Qwen2.5-32B-Instruct", 65.5, 2 * 64 * 8 * 128 * 2, 32768),
    Weights("Qwen/Qwen2.5-14B-Instruct", 29.5, 2 * 48 * 8 * 128 * 2, 32768),
    Weights("Qwen/Qwen2.5-7B-Instruct", 15.2, 2 * 28 * 4 * 128 * 2, 32768),
    Weights("Qwen/Qwen2.5-3B-Instruct", 6.2, 2 * 36 * 2 * 128 * 2, 32768),
    Weights("Qwen/Qwen2.5-1.5B-Instruct", 3.1, 2 * 28 * 2 * 128 * 2, 32768),
)


def gpus_of(listing: str) -> list[Gpu]:
    """The GPUs in what nvidia-smi lists as `name, memory.total in MiB, compute_cap`, a line each."""
    found = []
    for line in listing.splitlines():
        parts = [part.strip() for part in line.rsplit(",", 2)]
        try:
            found.append(Gpu(parts[0], float(parts[1]) * 1.048576e-3, float(parts[2])))
        except (ValueError, IndexError):
            continue  # a GPU that does not say, such as one in MIG mode
    return found


def find_gpus() -> list[Gpu]:
    """The NVIDIA GPUs of this machine; none where nvidia-smi is missing or fails."""
    query = ["nvidia-smi", "--query-gpu=name,memory.total,compute_cap", "--format=csv,noheader,nounits"]
    try:
        listed = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return gpus_of(listed.stdout)


def side_by_side(gpus: Sequence[Gpu]) -> int:
    """How many GPUs share a model: a power of two, so that its heads divide evenly; 0 without a GPU."""
    return 1 << (len(gpus).bit_length() - 1) if gpus else 0


def room_gb(gpus: Sequence[Gpu]) -> float:
    """Memory for weights and cache over the GPUs that share a model."""
    count = side_by_side(gpus)
    return count * (min(gpu.memory_gb for gpu in gpus) * _UTILISATION - _OVERHEAD_GB) if count else 0.0


def choose(gpus: Sequence[Gpu]) -> Weights | None:
    """The largest model that fits with some prompts at once; None where none does."""
    for model in MODELS:
        if model.gb + _AT_ONCE * _WORKING_CONTEXT * model.cache_bytes / 1e9 <= room_gb(gpus):
            return model
    return None


def context_tokens(model: Weights, gpus: Sequence[Gpu]) -> int:
    """The longest prompt and reply of which some fit at once, in whole thousands (1024)."""
    fit = int((room_gb(gpus) - model.gb) * 1e9 / model.cache_bytes / _AT_ONCE)
    return max(1024, min(fit, model.context_tokens, _MOST_CONTEXT) // 1024 * 1024)


def serve_command(gpus: Sequence[Gpu], named: str, port: int) -> list[str]:
    """`vllm serve …` for these GPUs; `named` is a model in place of the one chosen. Raises BadSetup."""
    chosen = next((model for model in MODELS if model.name == named), None) if named else choose(gpus)
    if not gpus or (chosen is None and not named):
        raise BadSetup(
            "no NVIDIA GPU was found on which a model fits",
            hint="name a model server elsewhere with --llm URL; without one, answers are quoted from the documents",
        )
    dtype = "bfloat16" if min(gpu.capability for gpu in gpus) >= _BFLOAT16_FROM else "float16"
    command = ["vllm", "serve", chosen.name if chosen else named, "--dtype", dtype]
    if chosen:
        command += ["--max-model-len", str(context_tokens(chosen, gpus))]
    command += ["--gpu-memory-utilization", str(_UTILISATION), "--enable-prefix-caching"]
    if side_by_side(gpus) > 1:
        command += ["--tensor-parallel-size", str(side_by_side(gpus))]
    return [*command, "--host", "127.0.0.1", "--port", str(port)]


def run(arguments: argparse.Namespace) -> int:
    """Prints the line; with `--run` becomes vLLM. Raises BadSetup where it cannot."""
    gpus = find_gpus()
    command = serve_command(gpus, arguments.model, arguments.port)
    url = f"http://127.0.0.1:{arguments.port}/v1"
    if arguments.json:
        write_json({"gpus": [asdict(gpu) for gpu in gpus], "command": command, "url": url})
    else:
        for gpu in gpus:
            write(f"# {gpu.name}, {gpu.memory_gb:.0f} GB")
        write(shlex.join(command))
        write(f"# then: recto serve --llm {url}")
    if arguments.run_it:
        if shutil.which("vllm") is None:
            raise BadSetup("vllm is not installed here", hint="pip install vllm, in an environment of its own")
        os.execvp("vllm", command)
    return 0
