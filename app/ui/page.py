"""The screen: which Gradio components it has, and which handler each event goes to. It decides nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI

from app.bodies import MAX_QUESTION, Service
from app.stream import Asks
from app.ui.handlers import Handlers
from app.ui.markup import joined, tag
from app.ui.screen import Drawn, Screen
from app.ui.session import Session
from app.ui.sessions import Sessions

_FOLDER = Path(__file__).parent
_FONTS = ["system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
_QUICK = 0.15  # seconds between two looks at an answer on its way


def mount(app: FastAPI, service: Service, asks: Asks, examples: Mapping[str, Sequence[str]]) -> None:
    """Builds the page and mounts it at /."""
    blocks = build(service, asks, examples)
    theme = gr.themes.Base(font=_FONTS, font_mono=["ui-monospace", "monospace"], primary_hue="teal")
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        max_file_size="1kb",  # files come in through the REST API
        theme=theme,
        css=(_FOLDER / "recto.css").read_text(encoding="utf-8"),
    )


def build(service: Service, asks: Asks, examples: Mapping[str, Sequence[str]]) -> gr.Blocks:
    """Three panes side by side, the question under the conversation."""
    blocks = gr.Blocks(title="Recto", fill_width=True, fill_height=True, analytics_enabled=False)
    with blocks:
        timer, quick = gr.Timer(1.0), gr.Timer(_QUICK, active=False)
        with gr.Row(elem_id="recto", equal_height=False):
            with gr.Column(elem_id="left", scale=0, min_width=288):
                gr.HTML(joined(tag("h1", "Recto")), elem_id="brand", apply_default_css=False, js_on_load=None)
                documents = _pane("documents", "pane.js", "documents.js")
                conversations = _pane("conversations", "pane.js")
            with gr.Column(elem_id="middle", scale=5, min_width=320):
                conversation = _pane("conversation", "pane.js", "conversation.js")
                options = _pane("options", "pane.js")
                question = gr.Textbox(
                    elem_id="question",
                    lines=1,
                    max_lines=5,
                    max_length=MAX_QUESTION,
                    submit_btn=True,
                    show_label=False,
                    container=False,
                    autofocus=True,
                )
                note = gr.HTML(elem_id="note", apply_default_css=False, js_on_load=None)
            with gr.Column(elem_id="right", scale=5, min_width=320):
                viewer = _pane("viewer", "pane.js", "viewer.js")
        screen = Screen(documents, conversations, conversation, options, viewer, note, question, timer, quick)
        sessions = Sessions()
        _wire(blocks, screen, Handlers(service, asks, examples, screen, sessions), sessions)
    blocks.queue(api_open=False)
    return blocks


def _pane(name: str, *scripts: str) -> gr.HTML:
    """An HTML component whose presses reach Python; its value is always made with `app.ui.markup`."""
    script = "\n".join((_FOLDER / script).read_text(encoding="utf-8") for script in scripts)
    return gr.HTML(elem_id=name, apply_default_css=False, js_on_load=script)


def _wire(blocks: gr.Blocks, screen: Screen, handlers: Handlers, sessions: Sessions) -> None:
    """No event goes through Gradio's queue: each has a reply of its own."""
    everything = screen.all()
    at_once: dict[str, Any] = {
        "outputs": everything,
        "queue": False,
        "show_progress": "hidden",
        "api_visibility": "private",
        "trigger_mode": "multiple",
    }
    one_by_one = {**at_once, "trigger_mode": "once"}  # a second one before the reply is none: Enter pressed twice

    def plain(handler: Callable[[Session], Drawn]) -> Callable[..., Drawn]:
        def run(request: gr.Request) -> Drawn:
            return handler(sessions.of(request.session_hash))

        return run

    def press(handler: Callable[[Session, gr.EventData], Drawn]) -> Callable[..., Drawn]:
        def run(request: gr.Request, event: gr.EventData) -> Drawn:
            return handler(sessions.of(request.session_hash), event)

        return run

    def opened(request: gr.Request) -> Drawn:
        return handlers.opened(sessions.of(request.session_hash), request)

    def asked(question: str, request: gr.Request) -> Drawn:
        return handlers.asked(question, sessions.of(request.session_hash))

    blocks.load(opened, **at_once)
    screen.timer.tick(plain(handlers.ticked), **one_by_one)
    screen.quick.tick(plain(handlers.answered), **one_by_one)
    screen.documents.click(press(handlers.documents_pressed), **at_once)
    screen.conversations.click(press(handlers.conversations_pressed), **at_once)
    screen.conversation.click(press(handlers.conversation_pressed), **at_once)
    screen.options.click(press(handlers.option_pressed), **at_once)
    screen.viewer.click(press(handlers.viewer_pressed), **at_once)
    screen.question.stop(plain(handlers.stopped), **at_once)
    screen.question.submit(asked, screen.question, **one_by_one)
    screen.conversation.submit(press(handlers.conversation_asked), **one_by_one)
    screen.viewer.submit(press(handlers.conversation_asked), **one_by_one)
