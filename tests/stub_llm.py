"""A small model server on a real port that speaks the OpenAI protocol and does what its script says.

`with StubServer(reply="…") as server:` gives `server.url`. It does not think; it streams.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

MODEL = "stub-model"


@dataclass
class Script:
    """What the server does. It may be changed between requests.

    `die_after`: how many pieces of a reply it sends before the connection drops; None: it does not. `fail`: the status
    of every chat request (500, 401 …); 0: none. `context_tokens`: what /v1/models says, and above which it answers like
    vLLM that the prompt is too long; 0: it does not say. `tokenize`: whether it has /tokenize (one token a word, three
    more for its chat template, which usage counts as well).
    `end`: whether a reply ends with a reason to finish and [DONE]. `replies`, where given, are used in order first;
    `reply_to` makes a reply from the prompt.
    """

    reply: str = "The stub has nothing to say."
    replies: list[str] = field(default_factory=list)
    reply_to: Callable[[str], str] | None = None
    delay: float = 0.0
    die_after: int | None = None
    fail: int = 0
    context_tokens: int = 0
    tokenize: bool = False
    end: bool = True
    finish: str = "stop"
    usage: bool = True
    api_key: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for the acknowledgement of its headers
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        return

    def _json(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _error(self, status: int, message: str) -> None:
        self._json(status, {"error": {"message": message, "type": "StubError", "param": None, "code": status}})

    def do_GET(self) -> None:
        script = self.server.script
        if script.api_key and self.headers.get("Authorization") != f"Bearer {script.api_key}":
            self._error(401, "no such key")
        elif self.path == "/v1/models":
            entry: dict[str, object] = {"id": MODEL, "object": "model", "owned_by": "stub"}
            if script.context_tokens:
                entry["max_model_len"] = script.context_tokens
            self._json(200, {"object": "list", "data": [entry]})
        else:
            self._error(404, "no such path")

    def do_POST(self) -> None:
        script = self.server.script
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if self.path == "/tokenize" and script.tokenize:
            text = body["prompt"] if "prompt" in body else f"<user> {body['messages'][-1]['content']} <end> <assistant>"
            count = len(text.split())
            self._json(200, {"count": count, "max_model_len": script.context_tokens, "tokens": list(range(count))})
            return
        if self.path != "/v1/chat/completions":
            self._error(404, "no such path")
            return
        with self.server.lock:
            self.server.requests.append(body)
            reply = script.replies.pop(0) if script.replies else script.reply
        prompt = str(body["messages"][-1]["content"])
        reply = script.reply_to(prompt) if script.reply_to else reply
        if script.fail:
            self._error(script.fail, "the stub was told to fail")
        elif body["model"] != MODEL:
            self._error(404, f"The model `{body['model']}` does not exist.")
        elif script.context_tokens and len(prompt.split()) > script.context_tokens:
            message = f"This model's maximum context length is {script.context_tokens} tokens. However, you requested "
            self._error(400, f"{message}{len(prompt.split())} tokens. Please reduce the length of the messages.")
        else:
            self._stream(reply, prompt, bool((body.get("stream_options") or {}).get("include_usage")))

    def _send(self, event: object) -> None:
        data = b"data: " + (event if isinstance(event, bytes) else json.dumps(event).encode()) + b"\n\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _stream(self, reply: str, prompt: str, include_usage: bool) -> None:
        script = self.server.script
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        frame = {"id": "stub-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
        pieces = [reply[i : i + 3] for i in range(0, len(reply), 3)]
        for index, piece in enumerate(pieces):
            if index == script.die_after:
                self.close_connection = True
                self.connection.close()
                return
            time.sleep(script.delay)
            delta = {"role": "assistant", "content": piece}
            self._send({**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        if script.end:
            self._send({**frame, "choices": [{"index": 0, "delta": {}, "finish_reason": script.finish}]})
            if include_usage and script.usage:
                sent, written = len(prompt.split()) + (3 if script.tokenize else 0), len(pieces)
                usage = {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written}
                self._send({**frame, "choices": [], "usage": usage})
            self._send(b"[DONE]")
        self.wfile.write(b"0\r\n\r\n")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, script: Script, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.script = script
        self.requests: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        return  # a client that went away, or a connection that the script dropped


class StubServer:
    """The server on a free port of 127.0.0.1, in a thread. `requests` are the bodies of the chat requests."""

    def __init__(self, port: int = 0, **script: Any) -> None:
        self.script = Script(**script)
        self._server = _Server(self.script, port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def requests(self) -> list[dict[str, Any]]:
        return self._server.requests

    def __enter__(self) -> StubServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description="A model server that says what it is told, for trying things out.")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--reply", default=Script.reply)
    parser.add_argument("--delay", type=float, default=0.02, help="seconds before each piece")
    parser.add_argument("--context-tokens", type=int, default=4096)
    options = parser.parse_args()
    script = Script(reply=options.reply, delay=options.delay, context_tokens=options.context_tokens)
    _Server(script, options.port).serve_forever()


if __name__ == "__main__":
    main()
