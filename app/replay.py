"""An evidence pack against a library: the originals, every quote at its boxes, the pictures, the answer asked again.

It trusts nothing that the pack says: what can be looked up or made again is, and compared. It writes nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.answer_json import AnswerJson, CitationJson
from app.auth import Principal
from app.crops import place_picture
from app.evidence import MadeJson, OriginalJson, unpacked
from app.made_with import versions
from app.pack_file import PackFile
from app.service import Service
from ingest.boxes import chunk_boxes
from ingest.errors import BadDocument, BadInput, NotFound
from ingest.intake import file_hash
from ingest.records import BBox, Chunk, Document, Page
from ingest.renderer import PageRenderer
from ingest.store import Library
from prompts.answers import Answer, AnswerDone, Citation
from prompts.strategies import WITHOUT_MODEL

Result = Literal["ok", "differs", "missing", "not_checked"]
_NEAR = 0.05  # points that rounding may cost a box's edge
_WHOLE_DPI = 72  # at which two pictures of one size are drawn alike


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of looking at a part of the pack; `what` says it in words, document text in it as it is."""

    part: Literal["original", "quote", "picture", "answer", "version"]
    result: Result
    what: str
    marker: int = 0


class Replay:
    """Checks one pack against one library."""

    def __init__(self, service: Service, library: Library, who: Principal, pack: PackFile) -> None:
        """Raises BadInput for a pack that holds no answer."""
        self._service = service
        self._library = library
        self._who = who
        self._pack = pack
        self._answer, self._made = unpacked(pack)
        documents = service.documents(who)
        self._askable = {document.id for document in documents if document.askable}
        self._here = {document.sha256: document for document in documents}
        self._same = {(document.id, document.sha256): document for document in documents}
        self._originals = {one["document_id"]: one for one in self._made["originals"]}

    @property
    def question(self) -> str:
        return self._answer["question"]

    def findings(self) -> Iterator[Finding]:
        """Part by part."""
        yield from self._versions()
        yield from self._files()
        for citation in self._answer["citations"]:
            yield self._quote(citation)
            yield self._picture(citation)
        yield from self._again()

    def _versions(self) -> Iterator[Finding]:
        """Other versions are no fault, but may be why something else differs."""
        then, now = self._made["versions"], versions()
        for name in sorted(then.keys() & now.keys()):
            if then[name] != now[name]:
                yield Finding("version", "not_checked", f"{name} was {then[name]}, is {now[name]}")

    # originals

    def _files(self) -> Iterator[Finding]:
        cited = {one["document_id"] for one in self._answer["citations"]}
        missing = 0
        for one in self._made["originals"]:
            if one["document_id"] in cited:
                yield self._file(one)
            elif one["sha256"] not in self._here:
                missing += 1
        if missing:
            yield Finding("original", "missing", f"{missing} documents that were asked, and not cited, are not here")
        for unnamed in sorted(cited - self._originals.keys()):
            yield Finding("original", "differs", f"the pack cites a document that it does not name: {unnamed}")

    def _file(self, one: OriginalJson) -> Finding:
        if one["sha256"] not in self._here:
            return Finding("original", "missing", f"{one['document']}: no document here has its bytes")
        path = self._library.originals.path(self._here[one["sha256"]].sha256)
        if not path.exists() or file_hash(path) != one["sha256"]:
            return Finding("original", "differs", f"{one['document']}: the library's file has other bytes")
        return Finding("original", "ok", f"{one['document']}: {one['sha256']}")

    def _found(self, original: OriginalJson) -> Document | None:
        """The very document where it is here, else one of the same bytes, if it can be asked."""
        sha256 = original["sha256"]
        found = self._same.get((original["document_id"], sha256)) or self._here.get(sha256)
        return found if found is not None and found.askable else None

    def _document(self, citation: CitationJson) -> Document | None:
        """The document here whose bytes are those that were cited."""
        original = self._originals.get(citation["document_id"])
        return self._found(original) if original else None

    # quotes

    def _quote(self, citation: CitationJson) -> Finding:
        marker, document = citation["marker"], self._document(citation)
        place = f"[{marker}] {citation['document']}, page {citation['page']}"
        if document is None:
            return Finding("quote", "missing", f"{place}: its document is not here", marker)
        if citation["corrected"]:
            return Finding("quote", "not_checked", f"{place}: some of its words are a user's correction", marker)
        if not citation["verified"]:
            return Finding("quote", "not_checked", f"{place}: was not found word for word in the first place", marker)
        boxes = [(one["page"], BBox(*one["box"])) for one in citation["boxes"]]
        pages = sorted({page for page, _ in boxes} | {citation["page"]})
        chunks = self._library.chunks(document.sha256, pages=pages)
        for chunk in chunks:
            for start in _starts(chunk.text, citation["quote"]):
                if _alike(boxes, self._boxes(chunk, start, len(citation["quote"]))):
                    return Finding("quote", "ok", f"{place}: word for word at its boxes", marker)
        if any(citation["quote"] in chunk.text for chunk in chunks):
            return Finding("quote", "differs", f"{place}: stands on the page, but in other boxes", marker)
        return Finding("quote", "differs", f"{place}: does not stand there: “{citation['quote'][:200]}”", marker)

    def _boxes(self, chunk: Chunk, start: int, length: int) -> list[tuple[int, BBox]]:
        def page(number: int) -> Page:
            return self._library.page(chunk.sha256, number)

        return list(chunk_boxes(chunk, start, start + length, page))

    # pictures

    def _picture(self, citation: CitationJson) -> Finding:
        marker, document = citation["marker"], self._document(citation)
        place, packed = f"[{marker}] picture of the place", self._pack.crop(marker)
        if packed is None or document is None:
            why = "there is none in the pack" if packed is None else "its document is not here"
            return Finding("picture", "missing", f"{place}: {why}", marker)
        boxes = tuple((one["page"], BBox(*one["box"])) for one in citation["boxes"])
        cited = Citation(marker, document.name, document.id, citation["page"], "", "", boxes)
        try:
            drawn = place_picture(self._service, self._who, cited)
            same = drawn == packed or _same_pixels(drawn, packed)
        except (NotFound, BadDocument) as error:
            return Finding("picture", "differs", f"{place}: {error}", marker)
        if same:
            return Finding("picture", "ok", f"{place}: as it is drawn now", marker)
        return Finding("picture", "differs", f"{place}: is not as it is drawn now", marker)

    # the answer

    def _again(self) -> Iterator[Finding]:
        """The question asked again of the same documents, where no model wrote the answer."""
        answer = self._answer
        if answer["ledger"]["calls"] or answer["strategy"] not in WITHOUT_MODEL:
            what = f"a model wrote it ({answer['strategy']}); only its evidence is checked"
            yield Finding("answer", "not_checked", what)
            return
        there = [found for one in self._made["originals"] if (found := self._found(one)) is not None]
        if not there:
            yield Finding("answer", "missing", "none of the documents that were asked is here")
            return
        try:
            again = self._asked([document.id for document in there])
        except BadInput as error:
            yield Finding("answer", "differs", f"it cannot be asked again: {error}")
            return
        different = list(differences(answer, self._made, again, {one.id: one.sha256 for one in there}))
        for what in different:
            yield Finding("answer", "differs", what)
        if not different:
            yield Finding("answer", "ok", "the same when asked again")

    def _asked(self, ids: list[str]) -> Answer:
        strategy, pages = self._answer["strategy"], tuple(self._made["pages"])
        question = self._answer["asked"] or self._answer["question"]
        scope = ids if pages or self._askable != set(ids) else []
        for event in self._service.ask(self._who, question, scope, strategy=strategy, pages=pages):
            if isinstance(event, AnswerDone):
                return event.answer
        raise RuntimeError("the answer's events ended without an answer")


def differences(then: AnswerJson, made: MadeJson, now: Answer, hashes: Mapping[str, str]) -> Iterator[str]:
    """What an answer says otherwise than before; documents are compared by their bytes."""
    if then["refused"] != now.refused:
        yield "it was refused, and is answered now" if then["refused"] else "it was answered, and is refused now"
    before = [(one["text"], one["verdict"]) for one in then["sentences"]]
    after = [(one.text, str(one.verdict)) for one in now.sentences]
    yield from (f"said then: “{text}” ({verdict})" for text, verdict in before if (text, verdict) not in after)
    yield from (f"said now: “{text}” ({verdict})" for text, verdict in after if (text, verdict) not in before)
    if sorted(before) == sorted(after) and before != after:
        yield "the sentences come in another order"
    if then["answer"] != " ".join(text for text, _ in before):
        yield "the answer in the pack is not what its sentences say"
    originals = {one["document_id"]: one["sha256"] for one in made["originals"]}
    places = {(originals.get(one["document_id"], ""), one["page"], one["quote"]) for one in then["citations"]}
    now_places = {(hashes.get(one.document_id, ""), one.page, one.quote) for one in now.citations}
    yield from (f"cited then: page {page}: “{quote}”" for _, page, quote in sorted(places - now_places))
    yield from (f"cited now: page {page}: “{quote}”" for _, page, quote in sorted(now_places - places))


def _starts(text: str, quote: str) -> Iterator[int]:
    start = text.find(quote) if quote.strip() else -1
    while start >= 0:
        yield start
        start = text.find(quote, start + 1)


def _alike(ones: list[tuple[int, BBox]], others: list[tuple[int, BBox]]) -> bool:
    return len(ones) == len(others) and all(
        page == number and all(abs(a - b) <= _NEAR for a, b in zip(box, other, strict=True))
        for (page, box), (number, other) in zip(ones, others, strict=True)
    )


def _same_pixels(drawn: bytes, packed: bytes) -> bool:
    """Whether two pictures are the same; the packed one may be anything, so a limited child opens it."""
    with tempfile.TemporaryDirectory(prefix="recto-replay-") as folder, closing(PageRenderer()) as renderer:
        pictures = []
        for name, data in (("drawn.png", drawn), ("packed.png", packed)):
            path = Path(folder) / name
            path.write_bytes(data)
            pictures.append(renderer.pixels(path, 1, _WHOLE_DPI))
    return pictures[0].shape == pictures[1].shape and bool((pictures[0] == pictures[1]).all())
