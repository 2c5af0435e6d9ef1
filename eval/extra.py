"""The packages of the extra `eval`, loaded when a score needs one of them."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from ingest.errors import BadSetup


def load(name: str) -> ModuleType:
    """The module; raises BadSetup that says how to install it where it is missing."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        package = name.partition(".")[0]
        raise BadSetup(f"this score needs the package {package}", hint="pip install -e '.[eval]'") from error
