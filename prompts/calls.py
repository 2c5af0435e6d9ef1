"""Several model calls at the same time, their replies in order, their cost booked.

It does not know what the prompts ask for.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from ingest.errors import OtherSide
from prompts.chat_model import Reply
from prompts.compose import Progress, add, wrote_nothing
from prompts.request import Request
from prompts.wording import say


def ask_all(
    request: Request, prompts: Sequence[str], max_tokens: int, progress: Progress, *, logprobs: bool = False
) -> list[Reply | None]:
    """The replies to `prompts`, in order, each read to its end; None for a call that failed, which is booked as a note.

    At most `request.workers` run at once. Raises the first call's OtherSide when every call failed.
    """
    replies = [request.needed_model.write(prompt, max_tokens, logprobs=logprobs) for prompt in prompts]
    pool = ThreadPoolExecutor(max(1, min(request.workers, len(prompts))), thread_name_prefix="recto-call")
    read: list[Reply | None] = []
    failures: list[OtherSide] = []
    try:
        futures: list[Future[None]] = [pool.submit(_read, reply) for reply in replies]
        for future, reply in zip(futures, replies, strict=True):
            try:
                future.result()
            except OtherSide as error:
                failures.append(error)
                read.append(None)
            else:
                read.append(reply)
            progress.ledger = add(progress.ledger, reply.ledger)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    if failures and len(failures) == len(prompts):
        raise failures[0]
    if failures:
        progress.complete = False
        progress.notes.append(say(request.language, "calls_failed", failed=len(failures), count=len(prompts)))
    return read


def _read(reply: Reply) -> None:
    for _ in reply:
        pass
    if not reply.text.strip():
        raise wrote_nothing()
