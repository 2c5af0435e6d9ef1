"""Runs the application under uvicorn on one address. It knows nothing of what the application does."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from app.auth import check_bind
from ingest.errors import BadSetup


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Serves on a socket of `listen` until the process is told to stop."""
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        ws="none",
    )
    logging.getLogger("uvicorn.error").addFilter(_is_fault)
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        return  # uvicorn stops in order, then raises the signal that told it to: the caller has to clear up too
    finally:
        signal.signal(signal.SIGTERM, before)


def address(listener: socket.socket, host: str) -> str:
    """What to type into a browser to reach the socket, which was bound to `host`."""
    name, port = host.strip("[]"), listener.getsockname()[1]
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _is_fault(record: logging.LogRecord) -> bool:
    """Whether a line of the log tells of a fault; a page that was open when the server stopped is none."""
    cancelled = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not cancelled and not record.getMessage().startswith("Cancel ")


def listen(host: str, port: int, *, authenticated: bool = False) -> socket.socket:
    """A socket bound to the address; port 0 takes any free one.

    Raises BadSetup when the address may not be, or cannot be, listened on.
    """
    check_bind(host, authenticated)
    name = host.strip("[]")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise BadSetup(f"there is no address {host}: {error.strerror}", hint="use --host 127.0.0.1") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise BadSetup(f"port {port} is in use", hint=f"try --port {port + 1}") from error
        raise BadSetup(f"cannot listen on {host}, port {port}: {error.strerror}") from error
    return listener
