"""A library of hand-made documents with real vectors, for the tests of retrieval."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from fakes import text_block

from ingest.chunking import chunk_pages
from ingest.embed import EmbedderSpec, OnnxEmbedder, encode_known
from ingest.records import Content, Document, Page, State
from ingest.store import Keys, Library


def embedder(cache: Path) -> OnnxEmbedder:
    made = EmbedderSpec(cache).load()
    assert isinstance(made, OnnxEmbedder)
    return made


def add(library: Library, made_by: OnnxEmbedder, name: str, *pages: str, labels: Sequence[str] = ()) -> Document:
    """A document of a text a page, through both commits; `labels` are its pages', where it has any."""
    sha256 = (name.encode().hex() + "0" * 64)[:64]
    document = library.add_document(name, "default", "local", sha256)
    named = (*labels, *[""] * (len(pages) - len(labels)))
    made = (Page(n, 600, 800, (text_block(text),), named[n - 1]) for n, text in enumerate(pages, 1))
    content = Content(sha256, tuple(made))
    chunks = chunk_pages(sha256, content.pages)
    library.commit_words(document.id, content, chunks, Keys("p", "c"))
    vectors = encode_known(made_by, [chunk.text_to_embed for chunk in chunks])
    library.commit_vectors(sha256, made_by.identity, vectors.astype(np.float16))
    library.set_state(document.id, State.INDEXED)
    return library.document(document.id)
