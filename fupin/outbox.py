"""
Writes to another service that must happen exactly once, whatever crashes.

The message is a job of the queue, deferred inside the business transaction: a rollback drops it, a commit keeps it.
It is delivered at least once, always with the same Idempotency-Key; the receiver's idempotency record, written in
the transaction of its work, is the inbox that makes the second delivery a replay. A message holds ids and amounts,
never personal data.
"""

import json
from typing import Any

import structlog
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.auth import Principal
from fupin.remote import PeerRefused

log = structlog.get_logger()

TASK = "deliver"

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
    await db.execute(DEFER, {"task": task, "lock": lock, "args": json.dumps(args)})


async def post_later(db: AsyncSession, who: Principal, *, peer: str, path: str, body: dict[str, Any], key: str) -> None:
    """POST to another service once this transaction has committed, on behalf of `who`."""
    message = {"peer": peer, "path": path, "body": body, "key": key, "actor": who.actor, "division": who.division}
    await defer(db, TASK, message)


async def deliver(
    runtime: Any,
    *,
    peer: str,
    path: str,
    body: dict[str, Any],
    key: str,
    actor: str,
    division: str,
) -> None:
    """Send one message. A refusal by the receiver ends it and is logged; silence is tried again."""
    try:
        await runtime.peer(peer).deliver(path, body, key=key, actor=actor, division=division)
    except PeerRefused as refusal:
        log.error("message refused", peer=peer, path=path, key=key, problem=refusal.peer_problem)
        raise
