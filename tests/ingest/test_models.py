"""Models of one's own: prefixes, pooling and length as a folder or a preset says; what is not here is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import made_models
import numpy as np
import pytest

from ingest.embed import EmbedderSpec, OnnxEmbedder, TorchEmbedder, Vectors, bundled_model_folder
from ingest.errors import BadSetup, OtherSide
from ingest.model_folder import model_config, weights_hash
from ingest.presets import fetch, find_model, preset_named, preset_of, presets

TEXTS = ["the ferry leaves at noon", "tea, from 4 harbours"]


def by_hand(folder: Path, texts: list[str], pooling: str) -> Vectors:
    """The vectors as the model's own library gives the tokens', pooled here."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    model, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    rows = []
    for text in texts:
        with torch.no_grad():
            tokens = model(**tokenizer(text, return_tensors="pt", truncation=True)).last_hidden_state[0].numpy()
        row = tokens[0] if pooling == "cls" else tokens.mean(axis=0)
        rows.append(row / np.linalg.norm(row))
    return np.array(rows)


@pytest.mark.parametrize(
    ("kind", "flag", "pooling"),
    [("Bert", "cls_token", "cls"), ("Bert", "mean_tokens", "mean"), ("XLMRoberta", "cls_token", "cls")],
)
def test_pooling_and_prefixes_are_the_folders_own(tmp_path: Path, kind: str, flag: str, pooling: str) -> None:
    prompts = {"query": "ask: ", "document": "say: "}
    folder = made_models.encoder(tmp_path / "mine", kind=kind, pooling=flag, prompts=prompts)
    passages = by_hand(folder, [f"say: {text}" for text in TEXTS], pooling)
    question = by_hand(folder, ["ask: when?"], pooling)
    full = TorchEmbedder(folder, device="cpu")
    assert full.encode(TEXTS) == pytest.approx(passages, abs=1e-5)
    assert full.encode_query("when?") == pytest.approx(question, abs=1e-5)
    fast = OnnxEmbedder(folder, tmp_path / "cache")
    assert ((fast.encode(TEXTS) * passages).sum(axis=1) > 0.98).all()
    assert (fast.encode_query("when?") * question).sum() > 0.98
    assert fast.embed_query("when?") == pytest.approx(fast.encode_query("when?")[0])
    other = by_hand(folder, TEXTS, "mean" if pooling == "cls" else "cls")
    assert abs(full.encode(TEXTS) - other).max() > 0.05, "the model can tell poolings apart"


def test_a_preset_says_what_its_folder_leaves_out(tmp_path: Path) -> None:
    plain = made_models.encoder(tmp_path / "plain")
    folder = shutil.copytree(plain, tmp_path / "multilingual-e5-small")
    assert (model_config(plain).query_prefix, model_config(folder).query_prefix) == ("", "query: ")
    e5 = TorchEmbedder(folder, device="cpu")
    assert e5.encode(TEXTS) == pytest.approx(by_hand(plain, [f"passage: {text}" for text in TEXTS], "mean"), abs=1e-5)
    assert e5.encode_query("when?") == pytest.approx(by_hand(plain, ["query: when?"], "mean"), abs=1e-5)
    first = TorchEmbedder(shutil.copytree(plain, tmp_path / "bge-m3"), device="cpu")
    assert first.encode(TEXTS) == pytest.approx(by_hand(plain, TEXTS, "cls"), abs=1e-5)


def test_what_decides_vectors_is_in_their_identity(tmp_path: Path) -> None:
    folder = made_models.encoder(tmp_path / "mine", pooling="mean_tokens", prompts={"query": "", "document": ""})
    spec = EmbedderSpec(tmp_path, folder, "fp32")
    plain = spec.identity()
    assert plain == f"{weights_hash(folder)[:16]}-fp32-mean-64" == TorchEmbedder(folder, device="cpu").identity
    (folder / "config_sentence_transformers.json").write_text('{"prompts": {"query": "q: "}}')
    prefixed = spec.identity()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode": "cls"}')
    assert len({plain, prefixed, spec.identity()}) == 3
    bundled = bundled_model_folder()
    assert EmbedderSpec(tmp_path).identity() == f"{weights_hash(bundled)[:16]}-int8-mean-256"


def test_what_is_run_in_int8(tmp_path: Path) -> None:
    assert model_config(bundled_model_folder()).exportable
    assert model_config(made_models.encoder(tmp_path / "one", pooling="cls_token")).exportable
    assert not model_config(made_models.encoder(tmp_path / "two", pooling="lasttoken")).exportable
    assert not model_config(made_models.encoder(tmp_path / "three", pooling="max_tokens")).exportable


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    folder = made_models.encoder(tmp_path / "mine")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(BadSetup, match=r"opens no pickle.*write it anew"):
        EmbedderSpec(tmp_path, folder).identity()


def test_every_part_of_the_weights_counts(tmp_path: Path) -> None:
    folder = made_models.encoder(tmp_path / "mine")
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "model.safetensors").write_bytes(b"one")
    one = weights_hash(folder)
    (folder / "2_Dense" / "model.safetensors").write_bytes(b"another")
    assert weights_hash(folder) != one


def test_presets_are_found_by_name_and_by_folder() -> None:
    assert {preset.name for preset in presets()} >= {"bundled", "multilingual-e5-small", "bge-m3"}
    for preset in presets():
        assert preset_named(preset.name) == preset_named(preset.repository) == preset
        assert preset_of(Path("models") / preset.repository.split("/")[1]) == preset
        assert (preset.dimension > 0) == (preset.task == "embedding")
    cached = Path("hub/models--intfloat--multilingual-e5-small/snapshots/0123")
    assert preset_of(cached) == preset_named("multilingual-e5-small")
    assert preset_of(Path("models/mine")) is None


def test_a_model_that_is_not_here_is_named(tmp_path: Path) -> None:
    assert find_model(str(tmp_path)) == tmp_path
    with pytest.raises(BadSetup, match="recto models fetch bge-m3"):
        find_model("bge-m3")
    with pytest.raises(BadSetup, match="no/such/name is not on this machine"):
        find_model("no/such/name")


def test_without_the_hub_it_says_what_to_copy(tmp_path: Path) -> None:
    preset = preset_named("multilingual-e5-small")
    assert preset is not None
    with pytest.raises(OtherSide, match=r"cannot be fetched.*copy its files to .*multilingual-e5-small by hand"):
        fetch(preset, tmp_path)
