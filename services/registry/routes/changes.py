import asyncio
import base64
import binascii
import hmac
import json
import time
from typing import Annotated, Any

from fastapi import Query, Request, Response

from fupin.app import Router
from fupin.auth import Principal, Who, needs
from fupin.db import driver, transaction
from fupin.problems import problems
from fupin.tables import NDJSON
from services.registry.codes.histories import FeedKind
from services.registry.problems.histories import NotYourPosition
from services.registry.queries import changes_feed
from services.registry.queries.changes_feed import Position
from services.registry.schemas.histories import ChangeLine

router = Router(tags=["changes"])

MOST = 10_000
PAUSE = 0.5  # seconds between two looks while a reader waits

HEADERS = {
    "Next-Cursor": {"description": "What to send as `after` next time.", "schema": {"type": "string"}},
    "Link": {"description": "The same as an address, rel=next.", "schema": {"type": "string"}},
}
LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One JSON object a line.",
        "content": {NDJSON: {"schema": ChangeLine.model_json_schema()}},
        "headers": HEADERS,
    }
}


@router.get(
    "/v1/changes",
    response_class=Response,
    dependencies=[needs("registry:read")],
    responses={**problems(NotYourPosition), **LINES},
)
async def read_changes(
    request: Request,
    who: Who,
    after: Annotated[
        str | None, Query(max_length=4000, description="`Next-Cursor` of the answer before; without it, all changes.")
    ] = None,
    kind: Annotated[list[FeedKind] | None, Query(description="One or several; by default all.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description=f"Lines at most: 1 to {MOST}.")] = 1000,
    wait: Annotated[int, Query(ge=0, le=30, description="Seconds to wait for a change if there is none.")] = 0,
) -> Response:
    """
    What changed since the last time, without a gap, each row's changes in their order, deletions included.

    A line says that something changed, not what: read it at its own address. Lines may come twice (the answer was
    lost: ask again with the same `after`). What moves to another division is deleted for who reads the old one, and
    inserted for who reads the new one.
    """
    runtime = request.app.state.runtime
    at = _open(runtime.cursor_key, who, after) if after is not None else Position()
    until = time.monotonic() + wait
    while True:
        async with transaction(runtime, who) as db:
            lines, at = await changes_feed.read(await driver(db), at, [str(k) for k in kind] if kind else None, limit)
        if lines or time.monotonic() >= until or await request.is_disconnected():
            break
        await asyncio.sleep(PAUSE)
    cursor = _seal(runtime.cursor_key, who, at)
    address = request.url.remove_query_params("after").include_query_params(after=cursor)
    headers = {
        "Next-Cursor": cursor,
        "Link": f'<{address.path}?{address.query}>; rel="next"',
        "Cache-Control": "no-store",
    }
    return Response("".join(f"{line}\n" for line in lines), media_type=NDJSON, headers=headers)


def _seal(key: bytes, who: Principal, at: Position) -> str:
    body = json.dumps([who.division, *at], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_sign(key, body) + body).rstrip(b"=").decode()


def _open(key: bytes, who: Principal, cursor: str) -> Position:
    """The position in a cursor of this reader's. Raises NotYourPosition."""
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        if not hmac.compare_digest(raw[:12], _sign(key, raw[12:])):
            raise NotYourPosition
        division, *at = json.loads(raw[12:])
    except (ValueError, binascii.Error):
        raise NotYourPosition from None
    if division != who.division:
        raise NotYourPosition
    return Position(*at)


def _sign(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, b"changes:" + body, "sha256")[:12]
