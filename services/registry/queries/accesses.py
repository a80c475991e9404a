"""Who saw a household's personal data: one row for each household and time, kept in the household's own division."""

from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin import context
from fupin.db import driver
from fupin.listing import Listing
from services.registry.codes.accesses import AccessKind

SHOWN = "a.id, a.kind, a.actor, a.purpose, a.at, a.request_id, a.export_id"
NEW_ID = text("SELECT uuidv7()")
RECORD = """
    INSERT INTO household_access (county_code, division_code, household_id, kind, actor, purpose, request_id, export_id)
    SELECT n.county_code, n.division_code, n.id, %(kind)s, current_setting('fupin.actor'), %(purpose)s,
           %(request_id)s, %(export_id)s
    FROM household n WHERE n.id IN (SELECT"""


async def record(
    db: AsyncSession,
    kind: AccessKind,
    of: Listing,
    *,
    household: str = "h.id",
    purpose: str | None = None,
    export_id: UUID | None = None,
) -> int:
    """Write into the history of every household of a listing that it was looked at; how many households they are."""
    params = {
        **of.params,
        "kind": str(kind),
        "purpose": purpose,
        "request_id": context.request_id.get(),
        "export_id": export_id,
    }
    statement = " ".join([RECORD, household, of.body, ")"])
    return (await (await driver(db)).execute(statement, params)).rowcount


async def new_export(db: AsyncSession) -> UUID:
    """The id under which an export stands in the access history."""
    found: UUID = (await db.execute(NEW_ID)).scalar_one()
    return found


def of_household(id: UUID) -> Listing:
    """The access history of a household, latest first."""
    return Listing(SHOWN, "household_access a", (("(-a.id)", int),)).where("a.household_id = %(id)s", id=id)
