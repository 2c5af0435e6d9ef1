"""Fixtures that several tests share: the bundled embedder, and a library of the two hand-made documents."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder of this run's own, all its workers'; the embedding model is exported into it once."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def own_surroundings(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads the user's settings, library or cache."""
    home = tmp_path_factory.mktemp("home")
    own = {"HOME": str(home), "RECTO_CACHE": str(cache), "RECTO_LIBRARY": str(home / "library"), "HF_HUB_OFFLINE": "1"}
    before = {name: value for name, value in os.environ.items() if name.startswith("RECTO_") or name in own}
    for name in before:
        del os.environ[name]
    os.environ.update(own)
    yield
    for name in own:
        del os.environ[name]
    os.environ.update(before)
