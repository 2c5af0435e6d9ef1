"""A sentence-transformers folder by its own configuration: pooling, length, what stands before each text.

It loads no model. What the folder leaves out, the preset of its name says, where there is one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ingest.errors import BadSetup
from ingest.presets import how_to_convert, preset_of

_MAX_TOKENS = 512  # more than any passage has
_EXPORTED = ("bert", "roberta", "xlm-roberta")  # encoders that take the three inputs of BERT
_LEGACY = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """How a model makes a vector of a text, beside its weights.

    `exportable`: it is a BERT-like encoder with mean or first-token pooling and nothing after it, which Recto runs in
    int8. `modules`: the folder says itself of which modules the model is made.
    """

    pooling: str
    max_tokens: int
    query_prefix: str
    passage_prefix: str
    exportable: bool
    modules: bool

    @property
    def name(self) -> str:
        """For the identity of vectors: what of this decides them."""
        prefixes = f"{self.query_prefix}\0{self.passage_prefix}".encode()
        told = f"-{hashlib.sha256(prefixes).hexdigest()[:8]}" if prefixes != b"\0" else ""
        return f"{self.pooling}-{self.max_tokens}{told}"


def model_config(folder: Path) -> ModelConfig:
    """Raises BadSetup for configuration that is no JSON."""
    preset = preset_of(folder)
    modules = _read(folder / "modules.json")
    kinds = {str(module["type"]).rsplit(".", 1)[-1]: folder / module["path"] for module in modules or ()}
    pooling = _pooling(_read(kinds["Pooling"] / "config.json") or {}) if "Pooling" in kinds else ""
    prompts = (_read(folder / "config_sentence_transformers.json") or {}).get("prompts") or {}
    query, passage = prompts.get("query") or "", prompts.get("document") or prompts.get("passage") or ""
    if preset and not (query or passage):
        query, passage = preset.query_prefix, preset.passage_prefix
    pooling = pooling or (preset.pooling if preset else "mean")
    kind = (_read(folder / "config.json") or {}).get("model_type", "")
    plain = kinds.keys() <= {"Transformer", "Pooling", "Normalize"}
    exportable = plain and kind in _EXPORTED and pooling in ("mean", "cls")
    return ModelConfig(pooling, max_tokens(folder), query, passage, exportable, modules is not None)


def _pooling(config: dict[str, Any]) -> str:
    """The mode, or several joined by "+", in the order in which they are put together."""
    mode = config.get("pooling_mode") or [mode for key, mode in _LEGACY.items() if config.get(key)] or "mean"
    return mode if isinstance(mode, str) else "+".join(mode)


def max_tokens(folder: Path) -> int:
    """The longest text that is given to the model, in tokens: what it reads, at most 512."""
    stated = (_read(folder / "sentence_bert_config.json") or {}).get("max_seq_length")
    stated = stated or (_read(folder / "tokenizer_config.json") or {}).get("model_max_length")
    return min(int(stated or _MAX_TOKENS), _MAX_TOKENS)


def _read(file: Path) -> Any:
    """What a JSON file says; None where there is none."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BadSetup(f"the model's {file} cannot be read: {error}") from error


def check_weights(model_folder: Path) -> list[Path]:
    """The folder's safetensors files, its own first; raises BadSetup where it has none: no other kind is opened."""
    files = [*sorted(model_folder.glob("*.safetensors")), *sorted(model_folder.glob("*/*.safetensors"))]
    if not any(file.parent == model_folder for file in files):
        pickled = (model_folder / "pytorch_model.bin").exists()
        why = "its weights are pickled, and Recto opens no pickle" if pickled else "no safetensors weights"
        hint = how_to_convert(model_folder) if pickled else "recto models lists what there is"
        raise BadSetup(f"no model in {model_folder}: {why}", hint=hint)
    return files


def weights_hash(model_folder: Path) -> str:
    """SHA-256 of the folder's safetensors weights, as hex; of several files, that of their hashes in order of path.

    Raises BadSetup where there are none.
    """
    files = check_weights(model_folder)
    try:
        hashes = [_hash(file, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    except OSError as error:
        raise BadSetup(f"no model in {model_folder}: {error.strerror}") from error
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


@lru_cache(maxsize=64)
def _hash(file: Path, size: int, modified_ns: int) -> str:
    """The hash of a large file, computed once for each state of it."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
