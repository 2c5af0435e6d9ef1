"""A command whose module is imported only when it runs, so that others start fast.

It does not know which commands there are.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module

Run = Callable[[argparse.Namespace], int]


def deferred(module: str, function: str = "run") -> Run:
    """The command that `function` of a module is."""

    def run(arguments: argparse.Namespace) -> int:
        chosen: Run = getattr(import_module(module), function)
        return chosen(arguments)

    return run
