"""Which documents of a library the list shows, and in which order. Pure functions of records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ingest.records import Document, State

Order = Literal["added", "name", "trouble"]

_KEYS: dict[Order, Callable[[Document], Any]] = {
    "added": lambda document: 0,
    "name": lambda document: document.name.casefold(),
    "trouble": lambda document: (document.state is State.INDEXED, not document.state.in_progress),
}


@dataclass(frozen=True, slots=True)
class ListFilter:
    """`text` is looked for in names, whatever its case; an empty `collection` is any.

    Of the orders, `added` is the library's own, and `trouble` puts what is not indexed first.
    """

    text: str = ""
    collection: str = ""
    order: Order = "added"

    @property
    def narrows(self) -> bool:
        return bool(self.text.strip() or self.collection)

    def changed(self, do: str, value: str) -> ListFilter:
        """The filter after a press: `search` a text, `collection` or `order` a choice after an equals sign."""
        chosen = value.removeprefix("=")
        if do == "search":
            return replace(self, text=value)
        if do == "collection":
            return replace(self, collection=chosen)
        return replace(self, order=chosen) if chosen in _KEYS else self

    def of(self, documents: Sequence[Document]) -> list[Document]:
        text = self.text.strip().casefold()
        found = [
            document
            for document in documents
            if text in document.name.casefold() and self.collection in ("", document.collection)
        ]
        return sorted(found, key=_KEYS[self.order])
