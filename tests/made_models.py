"""Tiny models with random weights, made on the spot: an embedder's folder and a reranker's."""

from __future__ import annotations

import json
import string
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}


def _tokenizer(chinese: str) -> Tokenizer:
    """Letter by letter, and the Chinese characters given; all else is unknown."""
    pieces = [*SPECIAL, *string.ascii_lowercase, *string.digits, *":.,?", *chinese]
    pieces += [f"##{one}" for one in string.ascii_lowercase + string.digits]
    made = Tokenizer(WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    made.normalizer = BertNormalizer()
    made.pre_tokenizer = BertPreTokenizer()
    special = [(token, made.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    made.post_processor = TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", special)
    return made


def _write_tokenizer(folder: Path, chinese: str) -> int:
    """Returns the size of the vocabulary."""
    from transformers import BertTokenizerFast

    tokenizer = _tokenizer(chinese)
    BertTokenizerFast(tokenizer_object=tokenizer, model_max_length=64).save_pretrained(folder)
    return tokenizer.get_vocab_size()


def encoder(
    folder: Path,
    *,
    kind: str = "Bert",
    pooling: str = "",
    prompts: dict[str, str] | None = None,
    chinese: str = "",
) -> Path:
    """Two layers of 32 dimensions, `Bert` or `XLMRoberta`; with `pooling`, as a sentence-transformers folder."""
    import torch
    import transformers

    size = _write_tokenizer(folder, chinese)
    torch.manual_seed(7)
    types = 2 if kind == "Bert" else 1
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=size, max_position_embeddings=80, pad_token_id=0, type_vocab_size=types, **SIZES
    )
    getattr(transformers, f"{kind}Model")(config).save_pretrained(folder)
    if pooling:
        kinds = {"Transformer": "", "Pooling": "1_Pooling"}
        modules = [
            {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for n, (kind, path) in enumerate(kinds.items())
        ]
        (folder / "1_Pooling").mkdir()
        flags = {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": False, f"pooling_mode_{pooling}": True}
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(flags))
        (folder / "modules.json").write_text(json.dumps(modules))
        (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 64}))
    if prompts is not None:
        (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}))
    return folder


def cross_encoder(folder: Path) -> Path:
    """A two-layer BERT that gives a question and a passage one score."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    size = _write_tokenizer(folder, "")
    torch.manual_seed(11)
    config = BertConfig(vocab_size=size, max_position_embeddings=80, num_labels=1, initializer_range=0.5, **SIZES)
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def yes_no(folder: Path) -> Path:
    """A two-layer Qwen3 that writes words, "yes" and "no" among them, and letters."""
    import torch
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

    words = ["<unk>", "<pad>", "yes", "no", *sorted(set(string.printable))]
    made = Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, unk_token="<unk>"))
    made.pre_tokenizer = Split("", "isolated")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", unk_token="<unk>")
    tokenizer.save_pretrained(folder)
    torch.manual_seed(5)
    config = Qwen3Config(vocab_size=len(words), num_key_value_heads=2, head_dim=16, **SIZES)
    Qwen3ForCausalLM(config).save_pretrained(folder)
    return folder
