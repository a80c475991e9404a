"""Bank accounts in the clear, for the service that pays households, and put on record."""

from fastapi import Request, Response
from psycopg.rows import dict_row

from fupin import audit
from fupin.app import Router
from fupin.auth import needs
from fupin.clock import Today
from fupin.db import Db, driver
from services.registry.codes.accesses import AccessKind
from services.registry.queries import accesses
from services.registry.queries import payees as queries
from services.registry.routes.answers import Sealing
from services.registry.routes.households import ACCOUNT
from services.registry.schemas.payees import Payee, PayeeList, Payees

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
    async with (await driver(db)).cursor(row_factory=dict_row) as cursor:
        statement = " ".join(["SELECT", listing.shown, listing.body, "ORDER BY", listing.order])
        rows = await (await cursor.execute(statement, listing.params)).fetchall()
    accounts = vault.open_many([row["bank_account_enc"] for row in rows], ACCOUNT)
    response.headers["Cache-Control"] = "no-store"
    return PayeeList(
        items=[
            Payee(household_id=row["household_id"], holder=row["holder"], bank_account=account)
            for row, account in zip(rows, accounts, strict=True)
        ]
    )
