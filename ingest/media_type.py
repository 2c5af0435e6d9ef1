"""What a file is, by its first bytes; its name and whoever sent it have no say."""

from __future__ import annotations

from pathlib import Path

_STARTS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"II*\0": "image/tiff",
    b"MM\0*": "image/tiff",
    b"II+\0": "image/tiff",
    b"MM\0+": "image/tiff",
}
_PDF = b"%PDF-"
_PDF_HEAD = 1024  # bytes within which a PDF says that it is one
UNKNOWN = "application/octet-stream"


def media_type(path: Path) -> str:
    """The media type of a PDF or picture, UNKNOWN of what Recto does not read. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(_PDF_HEAD)
    if _PDF in head:
        return "application/pdf"
    return next((kind for start, kind in _STARTS.items() if head.startswith(start)), UNKNOWN)
