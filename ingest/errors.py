"""Every error that Recto raises on purpose, split by who must act.

It does not know how an error is shown: the command line, the REST API and the browser decide that.

    RectoError
    ├── BadInput        the user's file or question: name it, go on with the rest of the batch
    │   ├── BadDocument     a file that cannot become a document; carries the state it ends in
    │   ├── NotFound        a document or collection that is not in the library
    │   └── Ambiguous       a name that fits several documents; carries their ids
    ├── BadSetup        Recto's surroundings: stop, say the command that mends it
    │   ├── LibraryError    the library cannot be opened, is locked or does not fit this version
    │   └── StorageFull     the disk is full or not writable
    └── OtherSide       a server that Recto talks to: `retryable` says whether to try again
"""

from __future__ import annotations

from collections.abc import Sequence


class RectoError(Exception):
    """The root. `str(error)` is one line for a person; `hint` says what to do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message} ({self.hint})" if self.hint else message


class BadInput(RectoError):
    """The input is at fault; the rest of a batch goes on."""


class BadDocument(BadInput):
    """A file that cannot become a document. `state` is the state in which it ends."""

    def __init__(self, state: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.state = state


class NotFound(BadInput):
    """A document, collection or page that is not in the library."""


class Ambiguous(BadInput):
    """A name that fits several documents. `document_ids` lists them."""

    def __init__(self, name: str, document_ids: Sequence[str]) -> None:
        listed = ", ".join(document_ids)
        super().__init__(f"{name!r} fits {len(document_ids)} documents", hint=f"use one of the ids: {listed}")
        self.document_ids = tuple(document_ids)


class BadSetup(RectoError):
    """Recto's surroundings are at fault; nothing goes on until they are mended."""


class LibraryError(BadSetup):
    """The library cannot be opened, or was made by a newer Recto."""


class StorageFull(BadSetup):
    """The disk is full or the folder is not writable."""


class OtherSide(RectoError):
    """A server that Recto talks to failed. `retryable`: whether the same call may succeed later."""

    def __init__(self, message: str, *, retryable: bool, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retryable = retryable
