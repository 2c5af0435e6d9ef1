"""The documents that questions are asked of, with what every search over them needs: made once for the same documents.

It does not know how they are searched.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.records import Document
from retrieval.candidates import chinese_name

_KEPT = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """Documents that can be asked, by id; their ids in order, and as a set; the names of them that are Chinese."""

    by_id: Mapping[str, Document]
    ids: tuple[str, ...]
    scope: frozenset[str]
    names: tuple[str, ...]


def asked_of(documents: Sequence[Document]) -> Asked:
    by_id = {document.id: document for document in documents if document.askable}
    names = tuple([name for document in by_id.values() if (name := chinese_name(document.name))])
    return Asked(by_id, tuple(by_id), frozenset(by_id), names)


class LastAsked:
    """What was made of the documents asked last. Safe from several threads."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._kept: dict[tuple[int, ...], tuple[Sequence[Document], Asked]] = {}

    def of(self, documents: Sequence[Document]) -> Asked:
        """They are the same where they are the same objects, which are kept as long as their addresses are."""
        key = tuple(map(id, documents))
        with self._turn:
            found = self._kept.pop(key, None) or (tuple(documents), asked_of(documents))
            self._kept[key] = found
            if len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
        return found[1]
