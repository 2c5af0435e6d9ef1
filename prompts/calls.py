"""Several model calls at the same time, their replies in order, their cost booked.

It does not know what the prompts ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from ingest.errors import OtherSide
from prompts.chat_model import Reply
from prompts.compose import Progress, add, wrote_nothing
from prompts.request import Request
from prompts.wording import say


def ask_all(
    request: Request,
    prompts: Sequence[str],
    max_tokens: int,
    progress: Progress,
    *,
    logprobs: bool = False,
    done: Callable[[int, str], None] = lambda number, text: None,
) -> list[Reply | None]:
    """The replies to `prompts`, in order, each read to its end; None for a call that failed, which is booked as a note.

    At most `request.workers` run at once. `done` is called with each prompt's index and whole reply as soon as that is
    there, in the thread that read it. Raises the first call's OtherSide when every call failed.
    """
    if not prompts:
        return []
    replies = [request.needed_model.write(prompt, max_tokens, logprobs=logprobs) for prompt in prompts]
    pool = ThreadPoolExecutor(min(request.workers, len(prompts)), thread_name_prefix="recto-call")
    read: list[Reply | None] = []
    failures: list[OtherSide] = []
    try:
        futures: list[Future[None]] = [pool.submit(_read, reply, partial(done, i)) for i, reply in enumerate(replies)]
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
    if len(failures) == len(prompts):
        raise failures[0]
    if failures:
        progress.complete = False
        progress.notes.append(say(request.language, "calls_failed", failed=len(failures), count=len(prompts)))
    if cut := sum(reply is not None and reply.cut_off for reply in read):
        progress.notes.append(say(request.language, "replies_cut", count=cut))
    return read


def _read(reply: Reply, done: Callable[[str], None]) -> None:
    for _ in reply:
        pass
    if not reply.text.strip():
        raise wrote_nothing()
    if not reply.cut_off:
        done(reply.text)
