"""The web application: the REST API under /api/v1, the browser page at /, one guard around both.

It turns requests into calls of the service and answers into JSON; it decides nothing itself.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Annotated, BinaryIO

import anyio
from fastapi import APIRouter, FastAPI, Form, Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from app.answer_json import (
    HitsJson,
    RowsJson,
    citation_json,
    hits_json,
    plan_json,
    row_json,
    sentence_json,
    step_json,
)
from app.api_page import api_page
from app.auth import LOCAL, Principal
from app.bodies import (
    AddedAllJson,
    AskBody,
    DescribeBody,
    DocumentJson,
    DocumentShownJson,
    EachBody,
    PageSourceJson,
    ReadAgainBody,
    SearchBody,
    Service,
    document_json,
    document_shown_json,
    page_source_json,
)
from app.chunk_routes import add_chunk_routes
from app.conversation_routes import add_conversation_routes
from app.export_routes import add_export_routes
from app.file_routes import add_file_routes
from app.guard import Guard, GuardOptions
from app.kept_answers import AskedJson, asked_json
from app.problems import TooLarge, plain_problem, problem, problem_response
from app.shelf_routes import add_shelf_routes
from app.stream import Asks, Feed
from app.ui import mount_page
from app.ui.examples import EXAMPLES
from ingest.errors import BadInput, RectoError
from ingest.intake import clean_name
from prompts.answers import AnswerDone, AnswerEvent, HitsFound, PlanMade, SentenceDone, Step, Token
from prompts.condense import Turn

PREFIX = "/api/v1"
_LOG = logging.getLogger(__name__)
_KEEP_ALIVE = 10.0  # seconds of silence after which a comment line is sent to a reader of events
_PROBLEM = {"description": "Problem details (RFC 9457)", "content": {"application/problem+json": {}}}


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """`examples` maps a document's name to questions to try on it; sizes are bytes."""

    max_files: int = 50
    max_asks: int = 8
    guard: GuardOptions = GuardOptions()
    examples: Mapping[str, Sequence[str]] = field(default_factory=lambda: EXAMPLES)


def create_app(service: Service, options: ApiOptions | None = None, *, page: bool = True) -> FastAPI:
    """The whole web application over a service; without `page`, the REST API alone."""
    options = options or ApiOptions()
    app = FastAPI(
        title="Recto",
        summary="Questions over PDF documents, every sentence of the answer boxed on the page.",
        version=str(service.health().get("version", "")),
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(Guard, options=options.guard)
    _add_problem_handlers(app)
    asks = Asks(options.max_asks)
    router = APIRouter(prefix=PREFIX, responses={"4XX": _PROBLEM, "5XX": _PROBLEM})
    _add_document_routes(router, service, options.max_files)
    add_file_routes(router, service, principal)
    add_export_routes(router, service, principal)
    add_conversation_routes(router, service, principal)
    add_shelf_routes(router, service, principal)
    add_chunk_routes(router, service, principal)
    _add_question_routes(router, service, asks)
    _add_health_route(router, service)
    app.include_router(router)

    @app.get(f"{PREFIX}/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(api_page(app.openapi()))

    @app.api_route("/api/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    def nothing_here(rest: str) -> Response:
        return problem_response(plain_problem(404, "there is nothing at this address", f"see {PREFIX}/docs"))

    if page:
        mount_page(app, service, asks, options.examples)
    return app


def principal(request: Request) -> Principal:
    """Who makes the request: the local owner, as long as only this machine can reach the server."""
    return LOCAL


def _add_problem_handlers(app: FastAPI) -> None:
    """Every failure as problem details; only what Recto raised on purpose says why."""

    @app.exception_handler(RectoError)
    async def ours(request: Request, error: RectoError) -> Response:
        return problem_response(problem(error))

    @app.exception_handler(RequestValidationError)
    async def not_understood(request: Request, error: RequestValidationError) -> Response:
        faults = [f"{'.'.join(str(part) for part in fault['loc'][1:])}: {fault['msg']}" for fault in error.errors()]
        return problem_response(plain_problem(422, "the request does not fit: " + "; ".join(faults)[:500]))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        return problem_response(plain_problem(error.status_code, str(error.detail)))

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        return problem_response(problem(error))  # Starlette logs it


def _add_document_routes(router: APIRouter, service: Service, max_files: int) -> None:
    @router.post("/documents", status_code=202, response_model=AddedAllJson)
    def add_documents(
        request: Request, file: list[UploadFile], collection: Annotated[str, Form(max_length=100)] = "default"
    ) -> Response:
        """Takes PDFs and pictures (PNG, JPEG, TIFF) in. They are waiting when this returns.

        `job` is the address at which their states are read.
        """
        if len(file) > max_files:
            raise TooLarge(f"{len(file)} files at once", hint=f"send at most {max_files}")
        uploads: list[tuple[str, BinaryIO]] = [(clean_name(part.filename or ""), part.file) for part in file]
        added = service.add(principal(request), uploads, collection)
        job = f"{PREFIX}/documents?" + "&".join(f"id={document.id}" for document in added)
        body: AddedAllJson = {
            "job": job,
            "documents": [
                {"document_id": document.id, "name": document.name, "state": str(document.state)} for document in added
            ],
        }
        return JSONResponse(body, 202, {"Location": job})

    @router.get("/documents", response_model=list[DocumentJson])
    def list_documents(
        request: Request,
        collection: str | None = None,
        wanted: Annotated[list[str] | None, Query(alias="id", max_length=1000)] = None,
    ) -> Response:
        """The library's documents with their states; `id` (repeatable) keeps only those."""
        documents = service.documents(principal(request), collection)
        return JSONResponse([document_json(one) for one in documents if not wanted or one.id in wanted])

    @router.get("/documents/{document_id}", response_model=DocumentShownJson)
    def show_document(request: Request, document_id: str) -> Response:
        """One document, by id, or by name where only one bears it, with how well it was read."""
        who = principal(request)
        document = service.document(who, document_id)
        content, summaries = service.content(who, document.id), service.summaries(who, document.id)
        body = document_shown_json(document, content, summaries, lambda number: service.page(who, document.id, number))
        return JSONResponse(body)

    @router.patch("/documents/{document_id}", response_model=DocumentJson)
    def describe_document(request: Request, document_id: str, body: DescribeBody) -> Response:
        """Sets a document's year, company, kind or collection, by which questions can be kept to some documents."""
        values = {name: getattr(body, name) for name in body.model_fields_set}
        return JSONResponse(document_json(service.describe(principal(request), document_id, values)))

    @router.post("/documents/{document_id}/pages/{number}/ocr", status_code=202, response_model=DocumentJson)
    def read_page_again(request: Request, document_id: str, number: int, body: ReadAgainBody | None = None) -> Response:
        """Reads a page from its picture, whatever it was read from; also when the document is next read anew.

        The document can be asked meanwhile; it is `indexed` again when that is done.
        """
        document = service.reocr(principal(request), document_id, [number], body.engine if body else None)
        return JSONResponse(document_json(document), 202, {"Location": f"{PREFIX}/documents?id={document.id}"})

    @router.get("/documents/{document_id}/pages/{number:int}", response_model=PageSourceJson)
    def show_page(request: Request, document_id: str, number: int) -> Response:
        """What a page was read from, and how well."""
        return JSONResponse(page_source_json(service.page(principal(request), document_id, number)))

    @router.delete("/documents/{document_id}", response_model=list[DocumentJson])
    def remove_document(request: Request, document_id: str) -> Response:
        """Removes a document and everything that was made from it."""
        return JSONResponse([document_json(one) for one in service.remove(principal(request), [document_id])])


def _add_question_routes(router: APIRouter, service: Service, asks: Asks) -> None:
    @router.post("/search", response_model=HitsJson)
    def search(request: Request, body: SearchBody) -> Response:
        """The best passages for a question, with their boxes."""
        who = principal(request)
        scope = (body.documents, body.collection, body.k)
        hits = service.search(who, _question(body.question), *scope, where=body.where, pages=body.ranges)
        return JSONResponse({"hits": hits_json(service, who, hits)})

    @router.post("/ask", response_model=AskedJson, responses={200: {"content": {"text/event-stream": {}}}})
    async def ask(request: Request, body: AskBody) -> Response:
        """An answer whose sentences cite the documents; as JSON, or step by step as server-sent events."""
        who, question = principal(request), _question(body.question)
        if body.conversation:
            await run_in_threadpool(service.conversations.title, who.user, body.conversation)  # raises before it asks
        history = [Turn(turn.question, turn.answer) for turn in body.history]
        scope, ranges = (body.documents, body.collection), body.ranges
        feed = asks.open(lambda: service.ask(who, question, *scope, body.strategy, history, body.where, ranges))
        if body.stream or "text/event-stream" in request.headers.get("accept", ""):
            lines = _event_lines(service, who, body, feed)
            return StreamingResponse(lines, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        return JSONResponse(await run_in_threadpool(_whole_answer, service, who, body, feed))

    @router.post("/ask-each", response_model=RowsJson)
    def ask_each(request: Request, body: EachBody) -> Response:
        """The same question of each document by itself: a row a document, cited or not found."""
        who, question = principal(request), _question(body.question)
        with asks.place():
            scope = (body.documents, body.collection, body.strategy, body.where, body.ranges)
            rows = list(service.ask_each(who, question, *scope))
        shown = [row_json(service, who, row) for row in rows]
        return JSONResponse({"question": question, "rows": shown})


def _add_health_route(router: APIRouter, service: Service) -> None:
    threads = anyio.CapacityLimiter(2)

    @router.get("/health")
    async def health() -> dict[str, object]:
        """How the server is. It has threads of its own, so it never waits behind work."""
        return await anyio.to_thread.run_sync(service.health, limiter=threads)


def _question(text: str) -> str:
    question = text.strip()
    if not question:
        raise BadInput("the question is empty")
    return question


def _whole_answer(service: Service, who: Principal, body: AskBody, feed: Feed[AnswerEvent]) -> AskedJson:
    with closing(feed.events(_KEEP_ALIVE)) as events:
        for event in events:
            if isinstance(event, AnswerDone):
                return asked_json(service, who, body, event.answer)
    raise RuntimeError("the answer's events ended without an answer")


def _event_lines(service: Service, who: Principal, body: AskBody, feed: Feed[AnswerEvent]) -> Iterator[str]:
    """The answer's events as lines of text/event-stream; the last is always `done`."""
    try:
        with closing(feed.events(_KEEP_ALIVE)) as events:
            for event in events:
                yield ": waiting\n\n" if event is None else _line(*_named(service, who, body, event))
    except Exception as error:  # noqa: BLE001  # the outermost handler; the status line is long gone
        if not isinstance(error, RectoError):
            _LOG.exception("an answer failed while it streamed")
        yield _line("error", problem(error))
    yield _line("done", {})


def _named(service: Service, who: Principal, body: AskBody, event: AnswerEvent) -> tuple[str, object]:
    match event:
        case PlanMade():
            return "plan", plan_json(event)
        case HitsFound():
            return "hits", {"hits": hits_json(service, who, event.hits)}
        case Step():
            return "step", step_json(event)
        case Token():
            return "token", {"text": event.text}
        case SentenceDone():
            cited = [citation_json(service, who, citation) for citation in event.citations]
            return "sentence", {**sentence_json(event.sentence), "cited": cited}
        case AnswerDone():
            return "answer", asked_json(service, who, body, event.answer)


def _line(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
