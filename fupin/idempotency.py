"""
`Idempotency-Key`: a repeated POST is answered from the record of the first, and the work is done once.

The record is written in the same transaction as the work, so there is no moment when one exists without the other.
Scope: principal and key; fingerprint: operation and canonical body. Successes and business refusals are kept;
401, 403, 429 and 5xx are not, since trying again is right there. (IETF draft-ietf-httpapi-idempotency-key-header-07)
"""

import hashlib
import json
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.datastructures import UploadFile

from fupin.auth import Principal
from fupin.problems import FieldError, Problem

_KEPT_HEADERS = ("location", "etag", "content-type", "link")
_NEVER_KEPT = {401, 403, 429}

LOOK = text("""
    SELECT pg_try_advisory_xact_lock(hashtextextended(:principal || '|' || :key, 7231)) AS ours,
           i.fingerprint, i.status, i.headers, i.body
    FROM (VALUES (1)) AS one LEFT JOIN idempotency i ON i.principal = :principal AND i.key = :key
""")

KEEP = text("""
    INSERT INTO idempotency (principal, key, fingerprint, status, headers, body)
    VALUES (:principal, :key, :fingerprint, :status, CAST(:headers AS jsonb), :body)
""")

KEEP_UNLESS_KEPT = text(f"{KEEP.text} ON CONFLICT DO NOTHING")

FORGET = text("DELETE FROM idempotency WHERE at < now() - make_interval(days => :days)")


class KeyRequired(Problem):
    """This operation moves money or must not happen twice: send an Idempotency-Key header."""

    status = 400
    zh = "该操作涉及资金或不可重复执行，须携带 Idempotency-Key 请求头。"


class KeyReused(Problem):
    """The Idempotency-Key was used before for a different request; choose a new one."""

    status = 422
    zh = "该 Idempotency-Key 已用于另一请求，请更换。"


class KeyInProgress(Problem):
    """The first request with this Idempotency-Key is still being worked on; ask again shortly."""

    status = 409
    zh = "携带该 Idempotency-Key 的首个请求仍在处理，请稍后再试。"
    constraint = "pk_idempotency"
    headers = MappingProxyType({"Retry-After": "1"})


class Replay(Exception):
    """The answer that was given the first time."""

    def __init__(self, response: Response) -> None:
        self.response = response


class Claim:
    """A request's key, whose it is, and what was asked."""

    def __init__(self, principal: str, key: str, fingerprint: bytes) -> None:
        self.row: dict[str, Any] = {"principal": principal, "key": key, "fingerprint": fingerprint}
        self.db: AsyncSession | None = None


def needs_key() -> Any:
    """Marks a route on which the header is required."""

    async def required(
        idempotency_key: Annotated[
            str | None, Header(description="Makes a repeated request safe: 1 to 200 characters, new for each request.")
        ] = None,
    ) -> None:
        if not idempotency_key:
            raise KeyRequired(
                errors=[FieldError("Idempotency-Key", "header", "missing", "this header is required", "须携带此请求头")]
            )

    return Depends(required)


async def claim(db: AsyncSession, request: Request, who: Principal) -> None:
    """
    Take the key of this request for this transaction.

    Raises `Replay` with the first answer, `KeyReused` for another body, `KeyInProgress` while the first is running.
    """
    found = await asked(request, who)
    if found is None:
        return
    row = (await db.execute(LOOK, found.row)).one()
    if row.fingerprint is not None:
        if bytes(row.fingerprint) != found.row["fingerprint"]:
            raise KeyReused
        raise Replay(Response(bytes(row.body), row.status, row.headers | {"Idempotent-Replayed": "true"}))
    if not row.ours:
        raise KeyInProgress
    found.db = db
    request.state.idempotency = found


async def asked(request: Request, who: Principal) -> Claim | None:
    """The key of this request as it would be claimed; None without one. Raises KeyRequired for one that is no key."""
    key = request.headers.get("idempotency-key")
    if request.method != "POST" or key is None:
        return None
    if not 1 <= len(key) <= 200 or not key.isprintable():
        raise KeyRequired(
            errors=[
                FieldError(
                    "Idempotency-Key", "header", "length", "1 to 200 printable characters", "1 至 200 个可打印字符"
                )
            ]
        )
    return Claim(f"{who.client_id}:{who.actor}", key, await _fingerprint(request))


async def keep(request: Request, response: Response) -> None:
    """Record a success in the transaction that did the work; a stream is not kept, asking again streams again."""
    if request.method != "POST":
        return
    found: Claim | None = getattr(request.state, "idempotency", None)
    if found is None or found.db is None or isinstance(response, StreamingResponse):
        return
    await found.db.execute(KEEP, found.row | _stored(response))
    request.state.idempotency = None


async def keep_refusal(request: Request, response: Response) -> None:
    """Record a business refusal, whose transaction was rolled back, in one of its own."""
    found: Claim | None = getattr(request.state, "idempotency", None)
    if found is None or response.status_code in _NEVER_KEPT or response.status_code >= 500:
        return
    request.state.idempotency = None
    if response.status_code == 409 and "retry-after" in response.headers:
        return
    from fupin.db import begun  # which imports this module

    try:
        async with begun(request.app.state.runtime) as db:
            await db.execute(KEEP_UNLESS_KEPT, found.row | _stored(response))
    except IntegrityError:  # a racing twin recorded its own answer first, which stands
        return


def _stored(response: Response) -> dict[str, Any]:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return {"status": response.status_code, "headers": json.dumps(headers), "body": bytes(response.body)}


async def _fingerprint(request: Request) -> bytes:
    """SHA-256 over the operation and the canonical body; an upload counts by its content, not its boundary."""
    query = request.scope["query_string"].decode("latin-1")
    digest = hashlib.sha256(f"{request.method} {request.scope['path']}?{query}\n".encode())
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        for name, value in sorted((await request.form()).multi_items(), key=lambda item: item[0]):
            digest.update(f"{name}=".encode())
            if isinstance(value, UploadFile):
                await value.seek(0)
                while chunk := await value.read(1 << 20):
                    digest.update(chunk)
                await value.seek(0)
            else:
                digest.update(value.encode())
            digest.update(b"\n")
    elif body := await request.body():
        try:
            parsed = request._json if hasattr(request, "_json") else json.loads(body)
            digest.update(json.dumps(parsed, sort_keys=True, separators=(",", ":")).encode())
        except ValueError:
            digest.update(body)
    return digest.digest()
