"""The outermost layer of the server, around the REST API and the browser page alike.

It refuses foreign hosts and foreign sites, bounds request bodies, shuts the page framework's doors that Recto does not
use, and sets the security headers. It knows nothing of what is served.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.auth import is_loopback
from app.problems import TooLarge, plain_problem, problem, problem_response

PAGE_PATHS = re.compile(
    r"/(?:|assets/.+|static/(?:fonts|img|js)/.+|theme\.css|favicon\.ico|manifest\.json|config/?"
    r"|gradio_api/(?:queue/join|queue/data|run/predict|heartbeat/[\w-]+|cancel|reset|startup-events|info))/?"
)
"""What the page framework may answer; its file, proxy, upload and editing routes stay shut."""

_POLICY = {
    "default-src": "'self'",
    # Gradio compiles the template of every gr.HTML with `Function`; its inline scripts are named by hash.
    "script-src": "'self' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",  # its components write style attributes and elements
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "object-src": "'none'",
    "frame-src": "'none'",
    "worker-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GuardOptions:
    """`hosts`: names of the server beside the loopback's, None for any. Sizes are bytes of a body."""

    hosts: frozenset[str] | None = frozenset()
    max_upload: int = 2 * 1024**3
    max_body: int = 1024**2
    upload_path: str = "/api/v1/documents"
    api_prefix: str = "/api/"


def content_policy(html: str = "") -> str:
    """The Content-Security-Policy; the inline scripts of a page that the server itself made are allowed by hash."""
    hashes = []
    for script in _INLINE_SCRIPT.findall(html):
        digest = hashlib.sha256(script.replace("\r\n", "\n").encode()).digest()
        hashes.append(f"'sha256-{base64.b64encode(digest).decode()}'")
    policy = dict(_POLICY)
    policy["script-src"] = " ".join([policy["script-src"], *dict.fromkeys(hashes)])
    return "; ".join(f"{name} {value}" for name, value in policy.items())


def host_name(host: str) -> str:
    """The name in a Host header, without its port; empty when there is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_own_name(name: str, hosts: frozenset[str] | None) -> bool:
    """Whether the server may be called so; a loopback address cannot be another's (a name that points to it can)."""
    return hosts is None or name in hosts or is_loopback(name)


def is_foreign(headers: Headers, method: str) -> bool:
    """Whether another site's page made the request. A plain visit of the address is not foreign."""
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host", ""):
        return True
    site = headers.get("sec-fetch-site", "none")
    if site in ("none", "same-origin"):
        return False
    visit = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return not (visit and method in ("GET", "HEAD"))


class Guard:
    """ASGI middleware; the outermost one."""

    def __init__(self, app: ASGIApp, options: GuardOptions) -> None:
        self._app = app
        self._options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # there are no web sockets here
        refused = self._refusal(scope)
        if refused is not None:
            await problem_response(refused)(scope, receive, _with_headers(send))
            return
        path: str = scope["path"]
        if path == "/":  # so that the page can be read for its inline scripts
            scope = dict(scope)
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        options = self._options
        limit = options.max_upload if path == options.upload_path else options.max_body
        body = _BoundedBody(receive, limit)
        sender = _with_headers(send)

        async def reply(message: Message) -> None:
            if not body.too_large:
                await sender(message)
            elif message["type"] == "http.response.start":  # whatever the application made of it
                await problem_response(problem(_too_large(limit)))(scope, receive, sender)

        await self._app(scope, body, reply)

    def _refusal(self, scope: Scope) -> dict[str, object] | None:
        headers = Headers(scope=scope)
        options, path = self._options, scope["path"]
        if not _is_own_name(host_name(headers.get("host", "")), options.hosts):
            return plain_problem(421, "this server is not known by that host name", "call it as localhost")
        if is_foreign(headers, scope["method"]):
            return plain_problem(403, "refused: another site's page made this request")
        if not path.startswith(options.api_prefix) and not PAGE_PATHS.fullmatch(path):
            return plain_problem(404, "there is nothing at this address")
        length = headers.get("content-length", "0")
        limit = options.max_upload if path == options.upload_path else options.max_body
        if not length.isdecimal() or int(length) > limit:
            return problem(_too_large(limit))
        return None


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the request is larger than {limit / 1024**2:.0f} MB", hint="send fewer or smaller files at once")


class _BoundedBody:
    """`receive`, until more than `limit` bytes came: catches what was not announced in the headers."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._taken = 0

    @property
    def too_large(self) -> bool:
        return self._taken > self._limit

    async def __call__(self) -> Message:
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        if self.too_large:
            raise _too_large(self._limit)
        return message


def _with_headers(send: Send) -> Send:
    """`send` with the security headers; an HTML page is held back until its inline scripts are known."""
    held: Message | None = None
    body = bytearray()

    async def sender(message: Message) -> None:
        nonlocal held
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            if headers.get("content-type", "").startswith("text/html"):
                held = message
                return
            headers["Content-Security-Policy"] = content_policy()
        elif held is not None:
            body.extend(message.get("body", b""))
            if message.get("more_body", False):
                return
            policy = content_policy(body.decode("utf-8", "replace"))
            MutableHeaders(scope=held)["Content-Security-Policy"] = policy
            await send(held)
            held = None
            message = {"type": "http.response.body", "body": bytes(body)}
        await send(message)

    return sender
