"""What can be done with the collection that the list shows, and with the documents that are ticked, as markup.

Pure functions of a session and of records. Names enter only as escaped children.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.shelves import DEFAULT_COLLECTION
from app.ui.markup import Markup, action, joined, tag
from app.ui.session import Session
from app.ui.shelving import CONFIRMED
from app.ui.wording import word
from ingest.records import Document


def shelf_pane(session: Session, documents: Sequence[Document], shown: Sequence[Document]) -> Markup | None:
    """`shown`: those of the documents that the list shows."""
    collection = session.filter.collection
    confirming = session.confirming == CONFIRMED + collection and bool(collection)
    own = _sure(session, collection, len(shown)) if confirming else _collection(session) if collection else None
    ticked = sum(document.askable and document.id not in session.left_out for document in shown)
    names = sorted({document.collection for document in documents} - {collection})
    moving = _moving(session, ticked, names) if ticked and not confirming else None
    return tag("div", own, moving, class_="shelf") if own or moving else None


def _collection(session: Session) -> Markup:
    """The name of the collection, to be changed, and the way to its end."""
    language, collection = session.language, session.filter.collection
    rename, remove = word(language, "collection_rename"), word(language, "collection_remove")
    field = _field(rename, "collection-rename", value=collection, title=rename)
    end = action("×", "collection-confirm", class_="tool", title=remove, aria_label=remove)
    return tag("span", field, end, class_="shelf-name")


def _sure(session: Session, collection: str, count: int) -> Markup:
    language = session.language
    keep = action(word(language, "collection_keep", name=DEFAULT_COLLECTION), "collection-keep", class_="quiet")
    return joined(
        tag("span", word(language, "collection_sure", name=collection, n=count), class_="state"),
        tag(
            "span",
            keep if collection != DEFAULT_COLLECTION else None,
            action(word(language, "collection_remove_all"), "collection-remove", class_="danger"),
            action(word(language, "cancel"), "keep", class_="quiet"),
            class_="choice",
        ),
    )


def _moving(session: Session, ticked: int, names: Sequence[str]) -> Markup:
    said = word(session.language, "move_ticked", n=ticked)
    field = _field(said, "move", placeholder=said, list="recto-collections")
    return joined(field, tag("datalist", *(tag("option", value=name) for name in names), id="recto-collections"))


def _field(label: str, do: str, **more: str) -> Markup:
    """A field for the name of a collection; `do` happens when one is entered."""
    told = {"aria_label": label, "data_do": do, "data_value": "", "data_on": "click"}
    return tag("input", type="text", maxlength=100, **told, **more)
