"""ONNX Runtime, told to keep to itself: since 1.32 it reports to its maker over the network from the import on.

Only an environment variable that is set before the import stops that; its own switch stops what comes later.
"""

from __future__ import annotations

import os

SILENT = {"ORT_DISABLE_TELEMETRY": "1"}
"""For the environment of a process that imports onnxruntime."""


def silence() -> None:
    """To be called before onnxruntime is imported into this process."""
    os.environ.update(SILENT)
