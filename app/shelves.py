"""Where a user's documents are kept, by collection, and which of those on their way are stopped or taken up again.

It does not know how documents are read; a supervisor takes up what waits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from app.auth import Principal
from ingest.errors import BadInput, NotFound
from ingest.records import Document
from ingest.store import Library

DEFAULT_COLLECTION = "default"
MAX_NAME = 100  # characters


class Collection(NamedTuple):
    """`documents` counts all of them, `askable` those that can be asked."""

    name: str
    documents: int
    askable: int
    pages: int


class Shelves:
    """One library's documents; every method takes `who` first and touches only what is theirs."""

    def __init__(
        self, library: Library, find: Callable[[Principal, str], Document], wake: Callable[[], object]
    ) -> None:
        """`find` gives a user's document by name or id, or raises; `wake` says that there is something to do."""
        self._library = library
        self._find = find
        self._wake = wake

    def collections(self, who: Principal) -> list[Collection]:
        """All collections, by name."""
        inside: dict[str, list[Document]] = {}
        for document in self._library.documents(owner=who.user):
            inside.setdefault(document.collection, []).append(document)
        return [_collection(name, documents) for name, documents in sorted(inside.items())]

    def collection(self, who: Principal, name: str) -> Collection:
        """Raises NotFound."""
        return _collection(name, self._inside(who, name))

    def cancel(self, who: Principal, document: str) -> Document:
        """Stops a document on its way; raises NotFound, Ambiguous, and BadInput where it is at an end."""
        found = self._find(who, document)
        if not self._library.cancel(found.id):
            raise BadInput(f"{found.name} is not being read: {found.state}")
        return self._library.document(found.id)

    def take_up(self, who: Principal, document: str) -> Document:
        """Lets a document that was cancelled be read again; raises NotFound, Ambiguous, BadInput where it was not."""
        found = self._find(who, document)
        if not self._library.take_up(found.id):
            raise BadInput(f"{found.name} was not cancelled: {found.state}")
        self._wake()
        return self._library.document(found.id)

    def move(self, who: Principal, documents: Sequence[str], collection: str) -> None:
        """Puts documents into a collection, all or none; raises NotFound, Ambiguous, BadInput for an empty name."""
        ids = [self._find(who, document).id for document in documents]
        self._library.described.move(ids, _name(collection))

    def rename(self, who: Principal, collection: str, name: str) -> None:
        """Raises NotFound, and BadInput for an empty name or one that another collection has."""
        inside, name = self._inside(who, collection), _name(name)
        if name == collection:
            return
        if self._library.documents(collection=name, owner=who.user):
            raise BadInput(f"there is a collection {name!r} already", hint="move the documents into it")
        self._library.described.move([document.id for document in inside], name)

    def dissolve(self, who: Principal, collection: str, *, remove: bool) -> list[Document]:
        """Ends a collection: its documents go to the default one or, with `remove`, for good. Raises NotFound.

        Documents of the default collection can only be removed: raises BadInput.
        """
        inside = self._inside(who, collection)
        if not remove:
            if collection == DEFAULT_COLLECTION:
                raise BadInput("the default collection cannot be dissolved", hint="move or remove its documents")
            self._library.described.move([document.id for document in inside], DEFAULT_COLLECTION)
            return inside
        for document in inside:
            self._library.forget(document.id)
        self._wake()
        return inside

    def _inside(self, who: Principal, collection: str) -> list[Document]:
        inside = self._library.documents(collection=collection, owner=who.user)
        if not inside:
            raise NotFound(f"there is no collection {collection!r}", hint="recto collections list shows what there is")
        return inside


def _collection(name: str, documents: Sequence[Document]) -> Collection:
    return Collection(name, len(documents), sum(one.askable for one in documents), sum(one.pages for one in documents))


def _name(text: str) -> str:
    name = " ".join(text.split())[:MAX_NAME]
    if not name:
        raise BadInput("a collection needs a name")
    return name
