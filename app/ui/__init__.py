"""The browser page: one screen made with Gradio, mounted at / beside the REST API."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from fastapi import FastAPI

from app.bodies import Service
from app.stream import Asks


def mount_page(app: FastAPI, service: Service, asks: Asks, examples: Mapping[str, Sequence[str]]) -> None:
    """Mounts the page. Gradio is imported here and not before: it reports to its maker unless told otherwise."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from app.ui.page import mount

    mount(app, service, asks, examples)
