"""Rerankers that read a passage together with the question: cross-encoders, on the processor or a GPU.

They know texts only, not where a passage stands nor how it was found.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.errors import BadSetup
from ingest.model_folder import check_weights, max_tokens
from retrieval.hits import Reranker

_BATCH = 16

# The prompt on which Qwen3-Reranker was trained, from its model card (Qwen, 2025, Apache-2.0).
_HEAD = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct "
    'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
)
_TAIL = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
_BODY = (
    "<Instruct>: Given a web search query, retrieve relevant passages that answer the query\n"
    "<Query>: {question}\n<Document>: {text}"
)


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder with one score, such as bge-reranker-v2-m3."""

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        """Raises BadSetup for a model that gives several scores."""
        from sentence_transformers import CrossEncoder

        check_weights(folder)
        self._model = CrossEncoder(str(folder), device=device, max_length=max_tokens(folder), local_files_only=True)
        self._turn = threading.Lock()
        if (found := self._model.num_labels) != 1:
            raise BadSetup(f"{folder} gives {found} scores, not one", hint="a reranker is named by recto models")

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the question, 0 to 1."""
        from torch.nn import Sigmoid

        pairs = [(question, text) for text in texts]
        with self._turn:
            found = self._model.predict(
                pairs, batch_size=_BATCH, activation_fn=Sigmoid(), show_progress_bar=False, convert_to_numpy=True
            )
        return [float(score) for score in found]


class YesNoReranker:
    """A language model that is asked whether a passage answers: Qwen3-Reranker. The score is P(yes) of yes and no."""

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        """Raises BadSetup where "yes" or "no" is no token of the model."""
        from transformers import AutoModelForCausalLM, AutoTokenizer

        check_weights(folder)
        self._tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, padding_side="left")
        model: Any = AutoModelForCausalLM.from_pretrained(str(folder), local_files_only=True)
        self._model = model.to(device).eval()
        self._turn = threading.Lock()
        self._head, self._tail = (self._tokenizer.encode(text, add_special_tokens=False) for text in (_HEAD, _TAIL))
        self._most = max_tokens(folder)
        known = self._tokenizer.get_vocab()
        if not {"yes", "no"} <= known.keys():
            raise BadSetup(f'{folder} cannot say "yes" or "no"', hint="a reranker is named by recto models")
        self._yes, self._no = known["yes"], known["no"]

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the question, 0 to 1."""
        found: list[float] = []
        with self._turn:
            for start in range(0, len(texts), _BATCH):
                found += self._batch(question, texts[start : start + _BATCH])
        return found

    def _batch(self, question: str, texts: Sequence[str]) -> list[float]:
        import torch

        bodies = [_BODY.format(question=question, text=text) for text in texts]
        read = self._tokenizer(bodies, add_special_tokens=False, truncation=True, max_length=self._most)["input_ids"]
        rows = {"input_ids": [self._head + ids + self._tail for ids in read]}
        padded = self._tokenizer.pad(rows, padding=True, return_tensors="pt").to(self._model.device)
        with torch.inference_mode():
            logits = self._model(**padded, logits_to_keep=1).logits[:, -1].float()
        said: list[float] = torch.sigmoid(logits[:, self._yes] - logits[:, self._no]).tolist()
        return said


def load_reranker(folder: Path, device: str = "cpu") -> Reranker:
    """The reranker of a model folder, by what its configuration says it is. Raises BadSetup."""
    try:
        kinds = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("architectures") or [""]
        if kinds[0].endswith("ForCausalLM"):
            return YesNoReranker(folder, device)
        if not kinds[0].endswith("ForSequenceClassification"):
            raise BadSetup(f"{folder} is no reranker: it is a {kinds[0] or 'model of no known kind'}")
        return CrossEncoderReranker(folder, device)
    except (OSError, ValueError) as error:
        raise BadSetup(f"the reranker {folder} cannot be loaded: {error}") from error
