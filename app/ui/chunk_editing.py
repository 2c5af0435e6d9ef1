"""What the pane of a document's passages does when something in it is pressed.

It changes what is shown and draws nothing. A press's value is whatever a client cares to send.
"""

from __future__ import annotations

import json
from dataclasses import replace

from app.auth import Principal
from app.bodies import Service
from app.chunks import MAX_TEXT, MOST, ChunkEdit, ChunksShown

_MAX_SEARCH = 200  # characters


class ChunkEditing:
    """One user's edits of a service's documents. Raises NotFound, BadInput."""

    def __init__(self, service: Service, who: Principal) -> None:
        self._service = service
        self._who = who

    def opened(self, document_id: str) -> ChunksShown:
        """The first passages of a document."""
        return ChunksShown(self._service.chunks.find(self._who, document_id))

    def pressed(self, shown: ChunksShown, do: str, value: str) -> ChunksShown:
        """What is shown after a press."""
        chunks, document_id = self._service.chunks, shown.listed.document.id
        number, _, fields = value.partition(":")
        now = replace(shown, editing=None)
        match do:
            case "chunks-search":
                now = replace(now, search=value[:_MAX_SEARCH], most=MOST)
            case "chunks-edited":
                now = replace(now, edited=value == "yes", most=MOST)
            case "chunks-more":
                now = replace(now, most=shown.most + MOST)
            case "chunk-edit":
                now = replace(now, editing=int(value) if value.isdecimal() else None)
            case "chunk-exclude" | "chunk-include" if value.isdecimal():
                chunks.edit(self._who, document_id, int(value), {"excluded": do == "chunk-exclude"})
            case "chunk-save" if number.isdecimal():
                chunks.edit(self._who, document_id, int(number), _edit(fields))
            case "chunk-undo" if value.isdecimal():
                chunks.drop(self._who, document_id, int(value))
        return replace(now, listed=chunks.find(self._who, document_id, now.search, edited=now.edited, most=now.most))


def _edit(fields: str) -> ChunkEdit:
    """The fields of the form, as the browser sends them."""
    try:
        given = json.loads(fields)
    except ValueError:
        return {}
    if not isinstance(given, dict):
        return {}
    text, note = (str(given.get(name, ""))[: MAX_TEXT + 1] for name in ("text", "note"))
    return {"text": text or None, "note": note}
