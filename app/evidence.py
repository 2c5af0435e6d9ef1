"""An evidence pack of one answer: the answer, the place of each quote, the originals' hashes, what it was made with.

It knows answers and the service, and nothing of ZIP files.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from app.answer_json import AnswerJson, citation_json, hits_json, ledger_json, sentence_json, step_json
from app.auth import Principal
from app.bodies import Service
from app.crops import place_picture
from app.made_with import MadeWithJson
from app.pack_file import ANSWER, MADE, PackFile, crop_name
from app.ui.turn import Turn
from ingest.errors import BadInput, NotFound
from prompts.answers import Citation


class OriginalJson(TypedDict):
    """A document; `cited`: whether the answer quotes it."""

    document: str
    document_id: str
    sha256: str
    pages: int
    cited: bool


class MadeJson(MadeWithJson):
    """What the answer was made with; `originals` are the documents that were asked, `pages` those asked of the one.

    Without `pages` it was asked whole.
    """

    originals: list[OriginalJson]
    pages: list[tuple[int, int]]


_MOST_CITATIONS = 1000
_MOST_PAGES = 1_000_000
_MOST_POINTS = 100_000.0  # that a page can be long

_ANSWER: TypeAdapter[AnswerJson] = TypeAdapter(AnswerJson)
_MADE: TypeAdapter[MadeJson] = TypeAdapter(MadeJson)


def pack_files(service: Service, who: Principal, turn: Turn) -> dict[str, bytes]:
    """The files of the pack of an answer. Raises NotFound where there is none, or a document of it is gone."""
    if turn.status != "done" or turn.each:
        raise NotFound("there is no answer to pack")
    pages = list(turn.scope.pages) if turn.scope else []
    made: MadeJson = {**service.made_with(), "originals": _originals(service, who, turn), "pages": pages}
    files = {ANSWER: _bytes(_turn_json(service, who, turn)), MADE: _bytes(made)}
    for marker, citation in sorted(turn.citations.items()):
        files[crop_name(marker)] = place_picture(service, who, citation)
    return files


def _bytes(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _originals(service: Service, who: Principal, turn: Turn) -> list[OriginalJson]:
    cited: Collection[str] = {citation.document_id for citation in turn.citations.values()}
    asked = [one for one in service.documents(who) if one.id in turn.asked_ids or (not turn.asked_ids and one.askable)]
    return [
        {
            "document": one.name,
            "document_id": one.id,
            "sha256": one.sha256,
            "pages": one.pages,
            "cited": one.id in cited,
        }
        for one in asked
    ]


def _turn_json(service: Service, who: Principal, turn: Turn) -> AnswerJson:
    """As `answer_json`; the passages that were read are there only as long as the page is open."""
    citations: list[Citation] = [citation for _, citation in sorted(turn.citations.items())]
    return {
        "question": turn.question,
        "answer": " ".join(sentence.text for sentence in turn.sentences),
        "refused": turn.refused,
        "complete": turn.complete,
        "strategy": turn.strategy,
        "why": turn.why,
        "asked": turn.asked if turn.asked != turn.question else "",
        "sentences": [sentence_json(sentence) for sentence in turn.sentences],
        "citations": [citation_json(service, who, citation) for citation in citations],
        "hits": hits_json(service, who, turn.hits or ()),
        "notes": list(turn.notes),
        "steps": [step_json(step) for step in turn.steps],
        "ledger": ledger_json(turn.ledger),
        "timings": {stage: round(seconds, 3) for stage, seconds in turn.timings.items()},
    }


def unpacked(pack: PackFile) -> tuple[AnswerJson, MadeJson]:
    """What a pack says; raises BadInput where that is no answer."""
    try:
        answer, made = _ANSWER.validate_json(pack.files[ANSWER]), _MADE.validate_json(pack.files[MADE])
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"])[:100]
        raise BadInput(f"the pack holds no answer as Recto writes it: {ascii(place)}: {fault['msg']}") from error
    citations = answer["citations"]
    boxes = [one["box"] for citation in citations for one in citation["boxes"]]
    pages = [one["page"] for citation in citations for one in (citation, *citation["boxes"])]
    odd = any(len(box) != 4 or not all(abs(edge) <= _MOST_POINTS for edge in box) for box in boxes)
    if odd or not all(1 <= page <= _MOST_PAGES for page in pages) or len(citations) > _MOST_CITATIONS:
        raise BadInput("the pack holds places that are on no page, or too many citations")
    return answer, made
