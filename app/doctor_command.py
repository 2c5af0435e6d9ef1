"""`recto doctor`: whether the parts that answers rest on are here and fit the library."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from app.cli import settings_of, write, write_json
from app.settings import Settings
from app.wiring import build_reranker, embedder_in_force, embedder_notice, ocr_engine, open_library, wants_gpu
from ingest.errors import BadSetup
from ingest.legibility import legibility
from ingest.store import Library

_MOST_TEXTS = 2000  # of the library, spread over its documents


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`verdict`: ok, note (works, but less well than it might) or wrong (does not work)."""

    part: str
    verdict: Literal["ok", "note", "wrong"]
    text: str


def sample_texts(library: Library, most: int = _MOST_TEXTS) -> Iterator[str]:
    """Texts of passages, about `most`: of each content about as many, from its beginning to its end."""
    contents = list(dict.fromkeys(one.sha256 for one in library.documents() if one.askable))
    each = max(most // max(len(contents), 1), 4)
    for sha256 in contents[:most]:
        count = len(library.chunk_pages(sha256))
        step = max(count // each, 1)
        for chunk in library.chunks(sha256, ordinals=range(0, count, step)):
            yield chunk.text_to_embed


def _embedding(settings: Settings, library: Library) -> Iterator[Diagnosis]:
    spec = embedder_in_force(settings, library)
    yield Diagnosis("embedding", "ok", f"vectors of {spec.identity()}, on {spec.device}")
    if notice := embedder_notice(settings, library):
        yield Diagnosis("embedding", "note", notice)
    for one in legibility(spec.load(), sample_texts(library)):
        seen = f"{one.unknown:.0%} of the tokens of {one.texts} passages in {one.script} script are unknown to it"
        if one.read:
            yield Diagnosis("languages", "ok", seen)
        else:
            lost = "questions in it are answered by words alone; another model may read it: recto models"
            yield Diagnosis("languages", "note", f"{seen}: {lost}")


def _reranking(settings: Settings, library: Library) -> Iterator[Diagnosis]:
    if build_reranker(settings):
        yield Diagnosis("reranker", "ok", f"{settings.reranker} reads the best {settings.reranker_passages} passages")
    else:
        yield Diagnosis("reranker", "ok", "none is set; Recto's own ranking by features stands")


def _recognition(settings: Settings, library: Library) -> Iterator[Diagnosis]:
    yield Diagnosis("pictures", "ok", f"read by {ocr_engine(settings).name}")


def _machine(settings: Settings, library: Library) -> Iterator[Diagnosis]:
    yield Diagnosis("machine", "ok", "models run on the GPU" if wants_gpu(settings) else "models run on the processor")
    if sys.platform != "linux":
        yield Diagnosis(
            "machine", "note", "only Linux limits the children that read PDFs in full; here they are watched"
        )


def diagnoses(settings: Settings, library: Library) -> list[Diagnosis]:
    """Every part in turn; one that cannot be set up is wrong, and the others are looked at all the same."""
    parts: dict[str, Callable[[Settings, Library], Iterator[Diagnosis]]] = {
        "embedding": _embedding,
        "reranker": _reranking,
        "pictures": _recognition,
        "machine": _machine,
    }
    found: list[Diagnosis] = []
    for part, look in parts.items():
        try:
            found += look(settings, library)
        except BadSetup as error:
            found.append(Diagnosis(part, "wrong", str(error)))
    return found


def run(arguments: argparse.Namespace) -> int:
    """Returns 1 where a part is wrong; raises BadSetup where there is no library to look at."""
    settings = settings_of(arguments)
    found = diagnoses(settings, open_library(settings))
    if arguments.json:
        write_json([asdict(one) for one in found])
    else:
        for one in found:
            write(f"{one.verdict:<6}{one.part}: {one.text}")
    return 1 if any(one.verdict == "wrong" for one in found) else 0
