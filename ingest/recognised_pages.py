"""The pages of a content that were recognised already, as a library keeps them.

It does not know what recognises them.
"""

from __future__ import annotations

from ingest.recognition import Recognition, as_json, from_json
from ingest.store import Library


class RecognisedPages:
    """Those of one content."""

    def __init__(self, library: Library, sha256: str) -> None:
        self._library, self._sha256 = library, sha256

    def get(self, page: int, key: str) -> Recognition | None:
        data = self._library.recognised(self._sha256, page, key)
        return from_json(data) if data is not None else None

    def put(self, page: int, key: str, found: Recognition) -> None:
        self._library.keep_recognised(self._sha256, page, key, as_json(found))
