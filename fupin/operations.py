"""
Long work: answered 202 at once, run as a job, watched and cancelled at /v1/operations/{id}.

A handler runs as the principal who asked and may be run again after a crash, so it must be safe to repeat: all it
writes goes into transactions of its own, the last of which also ends the operation.
"""

import json
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal
from uuid import UUID

import psycopg
import structlog
from fastapi import Path
from fastapi.responses import Response
from pydantic import Field
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.auth import Principal
from fupin.db import Db, transaction
from fupin.outbox import defer
from fupin.problems import NotFound, Problem, Unexpected, from_database
from fupin.schemas import Answer, Instant

log = structlog.get_logger()

State = Literal["QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]
Handler = Callable[["Progress", Any, dict[str, Any]], Awaitable[dict[str, Any]]]

TASK = "operation"
_handlers: dict[str, Handler] = {}

ADD = text("""
    INSERT INTO operation (kind, params, principal, division_code)
    VALUES (:kind, CAST(:params AS jsonb), CAST(:principal AS jsonb), :division_code) RETURNING id
""")
GET = text("""
    SELECT id, kind, state, phase, done, total, result, problem, created_at, started_at, finished_at,
           cancel_requested IS NOT NULL AS cancelling,
           CASE WHEN done > 0 AND started_at IS NOT NULL THEN done / greatest(
               extract(epoch FROM coalesce(finished_at, clock_timestamp()) - started_at), 0.001) END AS rate
    FROM operation WHERE id = :id
""")
BEGIN = text("""
    UPDATE operation SET state = 'RUNNING', started_at = coalesce(started_at, clock_timestamp()), done = 0, total = NULL
    WHERE id = :id AND state IN ('QUEUED', 'RUNNING') RETURNING kind, params
""")
STEP = text("""
    UPDATE operation SET phase = :phase, done = :done, total = :total
    WHERE id = :id AND state = 'RUNNING' RETURNING cancel_requested IS NOT NULL AS cancelling
""")
END = text("""
    UPDATE operation SET state = :state, result = CAST(:result AS jsonb), problem = CAST(:problem AS jsonb),
           finished_at = clock_timestamp()
    WHERE id = :id AND state = 'RUNNING'
""")
CANCEL = text("""
    UPDATE operation SET cancel_requested = coalesce(cancel_requested, clock_timestamp()),
        state = CASE WHEN state = 'QUEUED' THEN 'CANCELLED' ELSE state END,
        finished_at = CASE WHEN state = 'QUEUED' THEN clock_timestamp() ELSE finished_at END
    WHERE id = :id AND state IN ('QUEUED', 'RUNNING')
""")


class Cancelled(Problem):
    """The operation was cancelled before it finished; nothing of it was kept."""

    status = 409
    zh = "操作在完成前被取消，未保留任何内容。"


class OperationOver(Problem):
    """The operation has already ended and can no longer be cancelled."""

    status = 409
    zh = "操作已结束，无法取消。"


class Operation(Answer):
    id: UUID
    kind: str = Field(examples=["import"])
    state: State
    phase: str = Field(description="What it is doing now, in the operation's own words.")
    done: int = Field(description="Units done in this phase.")
    total: int | None = Field(description="Units in this phase, where known.")
    rate: float | None = Field(description="Units a second.")
    eta_seconds: float | None = Field(description="Seconds to go in this phase, where known.")
    cancelling: bool
    result: dict[str, Any] | None
    problem: dict[str, Any] | None
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None


class Progress:
    """A running operation, as its handler sees it."""

    def __init__(self, runtime: Any, id: UUID, who: Principal) -> None:
        self.runtime = runtime
        self.id = id
        self.who = who
        self._phase = ""
        self._last = 0.0

    async def step(self, phase: str, done: int = 0, total: int | None = None) -> None:
        """
        Say how far it is (at most four times a second within a phase). Raises `Cancelled` when it was asked to stop.
        """
        now = time.monotonic()
        if phase == self._phase and now - self._last < 0.25 and done != total:
            return
        self._phase, self._last = phase, now
        async with transaction(self.runtime, self.who) as db:
            row = (await db.execute(STEP, {"id": self.id, "phase": phase, "done": done, "total": total})).one_or_none()
        if row is None or row.cancelling:
            raise Cancelled


def operation(kind: str) -> Callable[[Handler], Handler]:
    """Registers the handler of a kind of operation: `async def run(progress, runtime, params) -> result`."""

    def register(handler: Handler) -> Handler:
        if kind in _handlers:
            raise ValueError(f"two handlers for {kind}")
        _handlers[kind] = handler
        return handler

    return register


async def start(db: AsyncSession, kind: str, params: dict[str, Any], who: Principal) -> UUID:
    """Queue an operation in this transaction; it runs once the transaction has committed."""
    principal = {"sub": who.actor, "client_id": who.client_id, "scopes": sorted(who.scopes), "division": who.division}
    row = {
        "kind": kind,
        "params": json.dumps(params, default=str),
        "principal": json.dumps(principal),
        "division_code": who.division.ljust(12, "0"),
    }
    id: UUID = (await db.execute(ADD, row)).scalar_one()
    await defer(db, TASK, {"operation_id": str(id), "principal": principal})
    return id


async def accepted(db: AsyncSession, response: Response, id: UUID) -> Operation:
    """Answer 202 with where to watch it."""
    response.status_code = 202
    response.headers["Location"] = f"/v1/operations/{id}"
    return await found(db, id)


async def found(db: AsyncSession, id: UUID) -> Operation:
    """The operation as it stands. Raises NotFound."""
    row = (await db.execute(GET, {"id": id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    left = row["total"] - row["done"] if row["total"] is not None and row["state"] == "RUNNING" else None
    return Operation(**row, eta_seconds=left / float(row["rate"]) if left is not None and row["rate"] else None)


async def run(runtime: Any, operation_id: str, principal: dict[str, Any]) -> None:
    """The job: run the handler, record how it ended. Only a crash or a silent database leaves it to be run again."""
    id = UUID(operation_id)
    who = Principal(principal["sub"], principal["client_id"], frozenset(principal["scopes"]), principal["division"])
    async with transaction(runtime, who) as db:
        row = (await db.execute(BEGIN, {"id": id})).one_or_none()
    if row is None:
        return
    end: dict[str, Any] = {"id": id, "state": "SUCCEEDED", "result": None, "problem": None}
    with runtime.acting(who):
        try:
            end["result"] = json.dumps(
                await _handlers[row.kind](Progress(runtime, id, who), runtime, row.params), default=str
            )
        except Cancelled as cancelled:
            end |= {"state": "CANCELLED", "problem": _both(cancelled)}
        except Problem as problem:
            end |= {"state": "FAILED", "problem": _both(problem)}
        except (DBAPIError, psycopg.Error) as error:
            refused = from_database(error)
            if refused is not None and refused.status >= 500:
                raise
            log.error("operation failed", operation=str(id), kind=row.kind, error=type(error).__name__)
            end |= {"state": "FAILED", "problem": _both(refused or Unexpected())}
        except Exception as error:  # noqa: BLE001  # whatever a handler did wrong, the operation must end
            log.error(
                "operation failed",
                operation=str(id),
                kind=row.kind,
                error=type(error).__name__,
                frames=runtime.frames(error),
            )
            end |= {"state": "FAILED", "problem": _both(Unexpected())}
    async with transaction(runtime, who) as db:
        await db.execute(END, end)


def _both(problem: Problem) -> str:
    """The problem for a reader whose language is not known yet: English, with the Chinese title beside it."""
    return json.dumps(problem.body("en") | {"title_zh": problem.title("zh-CN")}, default=str)


OperationId = Annotated[UUID, Path(description="From `Location` of a 202 answer.")]


async def get_operation(operation_id: OperationId, db: Db) -> Operation:
    """How far an operation is, and how it ended."""
    return await found(db, operation_id)


async def cancel_operation(operation_id: OperationId, db: Db) -> Operation:
    """Ask an operation to stop; it ends CANCELLED at its next step and keeps nothing."""
    before = await found(db, operation_id)
    if before.state not in ("QUEUED", "RUNNING"):
        raise OperationOver
    await db.execute(CANCEL, {"id": operation_id})
    return await found(db, operation_id)
