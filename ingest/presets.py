"""Models by name: the presets of `presets.toml`, and the folder in which a model lies on this machine.

Nothing is downloaded unless `fetch` is called. It does not know how a model is loaded.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from ingest.errors import BadSetup, OtherSide

FILE = Path(__file__).with_name("presets.toml")
BUNDLED = "bundled"

_FETCHED = ["*.json", "*.safetensors", "*.txt", "*.jinja", "*.model"]
_LEFT = ["onnx/*", "openvino/*"]
_COPIES = "config.json, tokenizer files, *.safetensors and, where there are such, modules.json and its folders"


@dataclass(frozen=True, slots=True)
class Preset:
    """One model, as `presets.toml` describes it. `dimension` is 0 for a reranker."""

    name: str
    task: Literal["embedding", "reranking"]
    repository: str
    gives: str
    languages: str
    max_tokens: int
    disk_gb: float
    memory_gb: float
    gpu: Literal["no", "helps", "needed"]
    licence: str
    dimension: int = 0
    pooling: str = "mean"
    query_prefix: str = ""
    passage_prefix: str = ""
    weights: Literal["safetensors", "pickled"] = "safetensors"


@lru_cache(maxsize=1)
def presets() -> tuple[Preset, ...]:
    with FILE.open("rb") as file:
        return tuple(Preset(**preset) for preset in tomllib.load(file)["preset"])


def preset_named(name: str) -> Preset | None:
    """The preset of a name or repository; None where there is none."""
    return next((preset for preset in presets() if name in (preset.name, preset.repository)), None)


def preset_of(folder: Path) -> Preset | None:
    """The preset whose model a folder holds, by the folder's name or its place in the hub's cache."""
    for preset in presets():
        cached = f"models--{preset.repository.replace('/', '--')}"
        if folder.name in (preset.name, preset.repository.rsplit("/", 1)[1]) or cached in folder.parts:
            return preset
    return None


def find_model(name: str) -> Path:
    """The folder of a model that is on this machine: a folder, a preset's name, or a repository in the hub's cache.

    Raises BadSetup where it is not here.
    """
    from huggingface_hub import snapshot_download

    folder = Path(name)
    if folder.is_dir():
        return folder
    preset = preset_named(name)
    repository = preset.repository if preset else name
    try:
        return Path(snapshot_download(repository, local_files_only=True))
    except (OSError, ValueError) as error:  # no such folder in the cache; no name that a repository could have
        hint = f"recto models fetch {name} --to FOLDER, then name that folder" if preset else "name a model's folder"
        raise BadSetup(f"the model {name} is not on this machine", hint=hint) from error


def fetch(preset: Preset, folder: Path) -> Path:
    """Downloads a preset's model to a folder of its name below `folder`, from the model hub; returns that folder.

    Only configuration, tokenizer and safetensors weights. Raises OtherSide where the hub cannot be reached, BadSetup
    where it has no weights that Recto reads.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    target = folder / preset.repository.rsplit("/", 1)[1]
    pickled = ["pytorch_model.bin"] if preset.weights == "pickled" else []
    try:
        snapshot_download(
            preset.repository, local_dir=target, allow_patterns=[*_FETCHED, *pickled], ignore_patterns=_LEFT
        )
    except (OSError, HTTPError) as error:
        raise OtherSide(
            f"{preset.repository} cannot be fetched from the model hub: {_first_line(error)}",
            retryable=True,
            hint=f"or copy its files to {target} by hand: {_COPIES}",
        ) from error
    if not any(target.glob("*.safetensors")):
        raise BadSetup(f"{target} has no safetensors weights", hint=how_to_convert(target))
    return target


def how_to_convert(folder: Path) -> str:
    """What writes pickled weights anew, in a form that cannot carry a program."""
    made = f"from sentence_transformers import SentenceTransformer as S; S({str(folder)!r}).save({str(folder)!r})"
    return f'if you trust its pytorch_model.bin, write it anew: python -c "{made}"'


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
