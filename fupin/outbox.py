"""
Writes to another service that must happen exactly once, whatever crashes.

The message is a job of the queue, deferred inside the business transaction: a rollback drops it, a commit keeps it.
It is delivered at least once, always with the same Idempotency-Key; the receiver's idempotency record, written in
the transaction of its work, is the inbox that makes the second delivery a replay. A message holds ids and amounts,
never personal data.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin import tracing
from fupin.auth import Principal
from fupin.db import transaction
from fupin.remote import PeerRefused, Unanswered

log = structlog.get_logger()

TASK = "deliver"
PASSING = {401, 403, 408, 425, 429}  # not kept under the key: rights, haste and load change while the message stays

DEFER = text("""
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW('default', :task, 0, CAST(:lock AS text), NULL, CAST(:args AS jsonb), NULL)::procrastinate_job_to_defer_v1])
""")

WAITING = text("""
    SELECT count(*) AS messages, coalesce(extract(epoch FROM now() - min(e.at)), 0)::bigint AS oldest_seconds
    FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'
    WHERE j.task_name = 'deliver' AND j.status IN ('todo', 'doing')
""")


async def defer(db: AsyncSession, task: str, args: dict[str, Any], lock: str | None = None) -> None:
    """Add a job to the queue in this transaction; jobs with the same lock run one after the other."""
    await db.execute(DEFER, {"task": task, "lock": lock, "args": json.dumps(args | tracing.for_jobs())})


async def post_later(
    db: AsyncSession, who: Principal, *, peer: str, path: str, body: dict[str, Any], key: str, then: str | None = None
) -> None:
    """POST to another service once this transaction has committed, on behalf of `who`; `then` hears how it ended."""
    message = {"peer": peer, "path": path, "body": body, "key": key, "actor": who.actor, "division": who.division}
    await defer(db, TASK, message | ({"then": then} if then else {}))


@dataclass(frozen=True)
class Outcome:
    """How a message ended: the receiver's answer, or its final refusal."""

    key: str
    answer: Any = None
    refusal: PeerRefused | None = None


Listener = Callable[[AsyncSession, Outcome], Awaitable[None]]

_listeners: dict[str, Listener] = {}


def hears(name: str) -> Callable[[Listener], Listener]:
    """
    Registers who hears how messages sent with `then=name` ended, in a transaction of the message's own principal.

    A crash before the job is struck off tells the outcome again, so hearing it twice must change nothing.
    """

    def register(listener: Listener) -> Listener:
        if name in _listeners:
            raise ValueError(f"two listeners for {name}")
        _listeners[name] = listener
        return listener

    return register


async def deliver(
    runtime: Any,
    *,
    peer: str,
    path: str,
    body: dict[str, Any],
    key: str,
    actor: str,
    division: str,
    then: str | None = None,
) -> None:
    """
    Send one message, and tell who asked to hear of it how it ended.

    Silence is tried again, and so is a refusal that an operator or time mends. A final refusal that nobody hears
    fails the job, where the operator finds it.
    """
    try:
        answer = await runtime.peer(peer).deliver(path, body, key=key, actor=actor, division=division)
        outcome = Outcome(key, answer)
    except PeerRefused as refusal:
        log.error("message refused", peer=peer, path=path, key=key, problem=refusal.peer_problem)
        if refusal.peer_status in PASSING:
            raise Unanswered(peer) from refusal
        if then is None:
            raise
        outcome = Outcome(key, refusal=refusal)
    if then is not None:
        async with transaction(runtime, Principal(actor, runtime.service, frozenset(), division)) as db:
            await _listeners[then](db, outcome)
