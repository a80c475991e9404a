from collections.abc import AsyncIterator
from typing import Any, Literal
from uuid import UUID

from fastapi import Request
from fastapi.responses import StreamingResponse

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.db import Db, transaction
from fupin.problems import NotFound, problems
from services.funds.problems.ledger import NotSealed
from services.funds.queries import books
from services.funds.queries import evidence as queries
from services.funds.routes.shared import County
from services.funds.rules import plaintext
from services.funds.schemas.evidence import Proof

router = Router(tags=["journals"])

Format = Literal["ndjson", "beancount", "hledger"]
BLOCK = 1 << 16  # characters


@router.get(
    "/v1/journals/{journal_id}/proof",
    response_model=Proof,
    dependencies=[needs("funds:read")],
    responses=problems(NotFound, NotSealed),
)
async def get_journal_proof(journal_id: UUID, db: Db, county: County) -> dict[str, Any]:
    """What shows, without any other journal, that this one's lines are under a seal (Merkle 证明)."""
    if await books.journal(db, journal_id) is None:
        raise NotFound
    found = await queries.proof(db, county, journal_id)
    if found is None:
        raise NotSealed
    return found


@router.get(
    "/v1/ledger/export",
    response_class=StreamingResponse,
    dependencies=[needs("funds:read")],
    responses={200: {"content": {"application/x-ndjson": {}, "text/plain": {}}, "description": "The whole ledger."}},
)
async def export_ledger(
    request: Request,
    who: Who,
    county: County,
    format: Format = "ndjson",  # noqa: A002  # the parameter's name
) -> StreamingResponse:
    """The whole ledger as at one moment: for `fupin verify-ledger`, beancount or hledger (账簿导出)."""

    written = {"beancount": plaintext.Beancount, "hledger": plaintext.Hledger}.get(format)

    async def lines() -> AsyncIterator[str]:
        async with transaction(request.app.state.runtime, who) as db:
            if written is None:
                async for line in queries.export(db, county):
                    yield line + "\n"
                return
            shown = written()
            yield shown.begins
            async for line in queries.export(db, county):
                yield shown.row(line)
            yield shown.ends()

    async def blocks() -> AsyncIterator[str]:
        """Pieces worth sending."""
        waiting: list[str] = []
        size = 0
        async for line in lines():
            waiting.append(line)
            size += len(line)
            if size > BLOCK:
                yield "".join(waiting)
                waiting, size = [], 0
        yield "".join(waiting)

    kind = "application/x-ndjson" if written is None else "text/plain; charset=utf-8"
    return StreamingResponse(blocks(), media_type=kind, headers={"Cache-Control": "no-store"})
