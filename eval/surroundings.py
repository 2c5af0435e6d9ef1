"""When, on what machine and with which Recto something was measured. No names of hosts, users or folders."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from app.settings import Settings
from eval.metering import ROOT
from ingest.pipeline import default_workers

LIBRARIES = ("liteparse", "pdfplumber", "rapidocr", "onnxruntime", "tantivy", "torch", "sentence-transformers")


def surroundings(settings: Settings) -> dict[str, Any]:
    """What a figure depends on besides the code and the data."""
    return {
        "date": datetime.now().astimezone().date().isoformat(),
        "recto": recto_version(),
        "machine": machine(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "settings": {
            "workers": settings.workers or default_workers(),
            "device": settings.device,
            "embedding model": Path(settings.embed_model).name or "bundled (all-MiniLM-L6-v2)",
        },
    }


def recto_version() -> str:
    """The version, and in a git checkout the commit; "changed" where files differ from it."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = ", changed" if commit and _git("status", "--porcelain", "--untracked-files=no") else ""
    return version("recto") + (f" ({commit}{changed})" if commit else "")


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def machine() -> dict[str, Any]:
    """The processor's model, the cores that this process may use, memory in GiB, the system."""
    return {
        "processor": _processor(),
        "cores": default_workers(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": platform.system(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def load() -> float:
    """Processes that want a core, averaged over the last minute; 0 where the system does not say."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0
