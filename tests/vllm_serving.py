"""A real vLLM server, on this machine's loopback, with a tiny model of random weights made on the spot.

It writes nonsense, but everything around the words is real: streaming, usage, log probabilities, grammars, caches.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

import httpx

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venv-vllm" / "bin" / "python"
CONTEXT_TOKENS = 4096
START_S = 600
_CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_model(folder: Path) -> None:
    """A Llama of two layers with random weights, and a byte-level BPE tokenizer learnt from Recto's own templates."""
    import torch
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    words = pre_tokenizers.Split(Regex(r" ?\p{L}+|\p{N}|[^\s\p{L}\p{N}]+|\s+"), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, pre_tokenizers.ByteLevel(False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=2000,
        special_tokens=["<|end|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train([str(path) for path in sorted((ROOT / "prompts" / "templates").glob("*.txt"))], trainer)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|end|>", model_max_length=CONTEXT_TOKENS
    )
    wrapped.chat_template = _CHAT_TEMPLATE
    wrapped.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(wrapped),
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT_TOKENS,
        bos_token_id=None,
        eos_token_id=wrapped.eos_token_id,
        initializer_range=0.3,  # far from uniform, so that the likeliest token is one
    )
    LlamaForCausalLM(config).save_pretrained(folder)


class VllmServer:
    """The server over the model in `folder`; use it in a `with` block, which waits until it answers."""

    def __init__(self, folder: Path, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        arguments = {
            "--model": str(folder),
            "--served-model-name": "tiny",
            "--host": "127.0.0.1",
            "--port": str(port),
            "--dtype": "float32",
            "--max-model-len": str(CONTEXT_TOKENS),
            "--max-num-seqs": "32",
            "--block-size": "32",
            "--logprobs-mode": "processed_logprobs",
            "--structured-outputs-config": json.dumps({"backend": "guidance", "disable_any_whitespace": True}),
        }
        line = [str(PYTHON), "-m", "vllm.entrypoints.openai.api_server", "--enforce-eager", "--enable-prefix-caching"]
        line += [part for pair in arguments.items() for part in pair]
        quiet = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "VLLM_CPU_KVCACHE_SPACE": "1"}
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                line, env=os.environ | quiet, cwd=log.parent, stdout=out, stderr=out, start_new_session=True
            )

    def __enter__(self) -> VllmServer:
        end = time.monotonic() + START_S
        while time.monotonic() < end and self._process.poll() is None:
            try:
                if httpx.get(f"{self.url}/health", trust_env=False).is_success:
                    return self
            except httpx.TransportError:
                time.sleep(0.5)
        self.kill()
        raise AssertionError(f"vLLM did not start:\n{self._log.read_text(errors='replace')[-6000:]}")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    def kill(self) -> None:
        """The server and its engine die at once."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def metric(self, name: str) -> float:
        """The sum of a counter of vLLM's /metrics over its labels."""
        text = httpx.get(f"{self.url}/metrics", trust_env=False).raise_for_status().text
        found = re.findall(rf"^{re.escape(name)}(?:\{{.*\}})? (\S+)$", text, re.MULTILINE)
        assert found, f"vLLM has no metric {name}"
        return sum(map(float, found))
