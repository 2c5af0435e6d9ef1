"""`recto search` and `recto ask`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from app.answer_json import answer_json, hits_json, row_json
from app.asking import Row
from app.auth import LOCAL
from app.cli import settings_of, write, write_json
from app.evidence import pack_files
from app.kept_answers import answered_turn
from app.pack_file import write_pack
from app.page_words import page_words
from app.question_scope import scope_of
from app.service import Service
from app.wiring import build
from ingest.errors import BadSetup, StorageFull
from ingest.metadata import DocumentFilter
from prompts.answers import Answer, AnswerDone, Citation, PlanMade
from prompts.render import refusal
from retrieval.explain import Trace
from retrieval.hits import Hit


def search(arguments: argparse.Namespace) -> int:
    """`recto search`."""
    service = build(settings_of(arguments))
    trace = Trace()
    try:
        scope = (arguments.question, arguments.document, arguments.collection)
        hits = service.search(
            LOCAL, *scope, arguments.k, trace=trace, where=_where_asked(arguments), pages=arguments.pages
        )
        if arguments.json:
            shown: dict[str, object] = {"hits": hits_json(service, LOCAL, hits)}
            write_json(shown | ({"trace": asdict(trace)} if arguments.trace else {}))
            return 0
        labels = [service.page(LOCAL, hit.document.id, hit.chunk.page).label for hit in hits]
    finally:
        service.close()
    for number, (hit, label) in enumerate(zip(hits, labels, strict=True), 1):
        write(f"{number}. {hit.document.name}, {page_words('en', hit.chunk.page, label)}")
        if hit.chunk.section:
            write(f"   {' > '.join(hit.chunk.section)}")
        write("   " + hit.chunk.text.replace("\n", "\n   "))
        if arguments.trace:
            for line in hit_trace(hit, trace):
                write(f"   {line}")
    if arguments.trace:
        write_trace(trace)
    if not hits:
        write("nothing found")
    return 0


def _where_asked(arguments: argparse.Namespace) -> DocumentFilter:
    return DocumentFilter(arguments.year, arguments.company, arguments.kind)


def hit_trace(hit: Hit, trace: Trace) -> Iterator[str]:
    """Which branches found a hit, at which rank, with which terms; what the rankers did to its page and to it."""
    for by in hit.found_by:
        held = f": {' '.join(by.terms)}" if by.terms else ""
        generated = f" through the generated question “{by.question}”" if by.question else ""
        yield f"found by {by.branch} #{by.rank} ({by.score:.3f}){held}{generated}"
    for page in trace.ranking:
        if (page.document_id, page.page) == (hit.document.id, hit.chunk.page):
            why = ", ".join(f"{name} {change:+.1f}" for name, change in page.reasons.items())
            yield f"page ranked {page.before} by fusion, {page.after} by features ({why})"
    for passage in trace.reranked:
        if (passage.document_id, passage.ordinal) == (hit.document.id, hit.chunk.ordinal):
            yield f"ranked {passage.before} by features, {passage.after} by the reranker ({passage.score:.3f})"


def write_trace(trace: Trace) -> None:
    """What the search did, to standard error."""
    for branch, seconds in trace.seconds.items():
        write(f"{branch}: {trace.candidates[branch]} candidates in {seconds * 1000:.1f} ms", sys.stderr)
    if trace.presence is not None:
        write(f"that the documents answer: {100 * trace.presence:.0f} %", sys.stderr)
    if trace.expansion:
        write(f"looked for as well: {trace.expansion}", sys.stderr)
    for note in (*trace.notes, *trace.pages):
        write(note, sys.stderr)


def _where(citation: Citation) -> str:
    return page_words("en", citation.page, citation.label)


def _citation_line(citation: Citation) -> str:
    mark = "" if citation.verified else " (corrected by you)" if citation.corrected else " (not verified)"
    return f"[{citation.marker}] {citation.document}, {_where(citation)}: “{citation.quote}”{mark}"


def _write_answer(answer: Answer) -> None:
    if answer.refused:
        write(refusal(answer.asked or answer.question))
    for sentence in answer.sentences:
        marks = "".join(f"[{marker}]" for marker in sentence.citations)
        doubt = "" if sentence.verdict == "supported" else f"  ({sentence.verdict.replace('_', ' ')})"
        write(f"{sentence.text} {marks}{doubt}")
    if answer.citations:
        write("")
    for citation in answer.citations:
        write(_citation_line(citation))
    for note in answer.notes:
        write(f"note: {note}", sys.stderr)


def _write_row(row: Row) -> None:
    """A document's line of the table: its name, what it says, where."""
    write(row.document.name)
    if row.answer.refused:
        write("  not found")
    places = {one.marker: one for one in row.answer.citations}
    for sentence in row.answer.sentences:
        where = ", ".join(_where(places[marker]) for marker in sentence.citations)
        doubt = "" if sentence.verdict == "supported" else f"  ({sentence.verdict.replace('_', ' ')})"
        write(f"  {sentence.text}{f'  [{where}]' if where else ''}{doubt}")
    for note in row.answer.notes:
        write(f"note: {row.document.name}: {note}", sys.stderr)


def _ask_each(service: Service, arguments: argparse.Namespace) -> None:
    scope = (arguments.question, arguments.document, arguments.collection)
    rows = service.ask_each(LOCAL, *scope, arguments.strategy, _where_asked(arguments), arguments.pages)
    shown = []
    for row in rows:
        if arguments.json:
            shown.append(row_json(service, LOCAL, row))
        else:
            _write_row(row)
    if arguments.json:
        write_json({"question": arguments.question, "rows": shown})


def _write_plan(plan: PlanMade) -> None:
    """What an answer will take, to standard error, before it begins."""
    if plan.question:
        write(f"asked: {plan.question}", sys.stderr)
    by = {"server": "counted by the server", "tokenizer": "counted by a tokenizer"}.get(plan.counted_by, "estimated")
    cost = f"at most {plan.calls} model calls, {plan.input_tokens} tokens in, {plan.output_tokens} out ({by})"
    write(f"plan: {plan.strategy}, {cost if plan.calls else 'no model call'}", sys.stderr)
    if plan.why:
        write(f"why: {plan.why}", sys.stderr)


def _write_trace(answer: Answer) -> None:
    for step in answer.steps:
        write(f"{step.name}\n   " + step.text.replace("\n", "\n   "), sys.stderr)
    for call in answer.ledger.entries:
        said = "the server's usage" if call.reported else "estimated"
        spent = f"{call.input_tokens} in, {call.output_tokens} out ({said})"
        write(f"call: {call.counted} tokens counted; {spent}", sys.stderr)
    for hit in answer.hits:
        found = ", ".join(f"{f.branch} #{f.rank}" for f in hit.found_by)
        write(f"{hit.document.name} page {hit.chunk.page}: {found}", sys.stderr)


def _write_pack(service: Service, arguments: argparse.Namespace, answer: Answer) -> None:
    """The evidence of an answer; raises StorageFull."""
    named = [service.document(LOCAL, name) for name in arguments.document]
    others = service.documents(LOCAL, arguments.collection)
    documents = scope_of(named, others, _where_asked(arguments), arguments.pages).documents
    turn = answered_turn(arguments.question, answer, documents, arguments.pages)
    files = pack_files(service, LOCAL, turn)
    try:
        with Path(arguments.pack).open("xb") as file:
            write_pack(file, files, version("recto"))
    except OSError as error:
        raise StorageFull(f"cannot write {arguments.pack}: {error.strerror}") from error


def ask(arguments: argparse.Namespace) -> int:
    """`recto ask`: exit 0 for a refusal too."""
    if arguments.pack and (arguments.each or Path(arguments.pack).exists()):
        raise BadSetup("--pack takes one answer, and writes a new file", hint="leave --each out, name another file")
    service = build(settings_of(arguments))
    try:
        if arguments.each:
            _ask_each(service, arguments)
            return 0
        answer: Answer | None = None
        scope = (arguments.question, arguments.document, arguments.collection)
        events = service.ask(LOCAL, *scope, arguments.strategy, where=_where_asked(arguments), pages=arguments.pages)
        for event in events:
            if isinstance(event, PlanMade) and not arguments.json and (event.calls or arguments.trace):
                _write_plan(event)
            if isinstance(event, AnswerDone):
                answer = event.answer
        assert answer is not None
        if arguments.pack:
            _write_pack(service, arguments, answer)
        if arguments.json:
            write_json(answer_json(service, LOCAL, answer))
        else:
            _write_answer(answer)
    finally:
        service.close()
    if arguments.trace and not arguments.json:
        _write_trace(answer)
    return 0
