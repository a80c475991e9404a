"""For the service that pays households: accounts in the clear, put on record, and masked names for its notices."""

from typing import Any

from fastapi import Request, Response
from psycopg.rows import dict_row
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin import audit
from fupin.app import Router
from fupin.auth import needs
from fupin.clock import Today
from fupin.crypto import mask_name
from fupin.db import Db, driver
from fupin.listing import Listing
from services.registry.codes.accesses import AccessKind
from services.registry.queries import accesses
from services.registry.queries import payees as queries
from services.registry.routes.answers import Sealing
from services.registry.routes.households import ACCOUNT
from services.registry.schemas.payees import HeadsWanted, MaskedHead, MaskedHeadList, Payee, PayeeList, Payees

router = Router(tags=["households"])


@router.post("/v1/households:payees", dependencies=[needs("registry:payees")])
async def disclose_payees(
    wanted: Payees, db: Db, vault: Sealing, today: Today, request: Request, response: Response
) -> PayeeList:
    """
    Whose and which bank account a household's money goes to, for a purpose (一卡通代发).

    Each household's access history says so. Asked again, it is answered and recorded anew: a stored answer would keep
    the numbers in the clear.
    """
    request.state.idempotency = None
    listing = queries.payees(wanted.household_ids, today)
    id = await accesses.new_export(db)
    seen = await accesses.record(db, AccessKind.EXPORT, listing, purpose=wanted.purpose, export_id=id)
    await audit.record(db, "PAYEES", "household", id, purpose=wanted.purpose, change={"households": seen})
    rows = await _rows(db, listing)
    accounts = vault.open_many([row["bank_account_enc"] for row in rows], ACCOUNT)
    response.headers["Cache-Control"] = "no-store"
    return PayeeList(
        items=[
            Payee(household_id=row["household_id"], holder=row["holder"], bank_account=account)
            for row, account in zip(rows, accounts, strict=True)
        ]
    )


@router.post("/v1/households:masked-heads", dependencies=[needs("registry:read")])
async def mask_heads(wanted: HeadsWanted, db: Db, today: Today) -> MaskedHeadList:
    """The heads of households for a public notice (公示): masked here, so that whoever prints it has no name."""
    return MaskedHeadList(
        items=[
            MaskedHead(household_id=row["household_id"], head=mask_name(row["holder"]) if row["holder"] else None)
            for row in await _rows(db, queries.named(wanted.household_ids, today))
        ]
    )


async def _rows(db: AsyncSession, listing: Listing) -> list[dict[str, Any]]:
    async with (await driver(db)).cursor(row_factory=dict_row) as cursor:
        statement = " ".join(["SELECT", listing.shown, listing.body, "ORDER BY", listing.order])
        return await (await cursor.execute(statement, listing.params)).fetchall()
