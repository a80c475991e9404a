"""Lineage (资金溯源): from a household's payment back to its money, and from money to the households it reached."""

from typing import Any
from uuid import UUID

from fupin.app import Router
from fupin.auth import needs
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import problems
from services.funds.queries import lineage as queries
from services.funds.routes.shared import County
from services.funds.rules.lineage import within
from services.funds.schemas.lineage import PiecePage, Reach

router = Router(tags=["lineage"])


@router.get("/v1/lineage", response_model=PiecePage, dependencies=[needs("funds:read")], responses=problems(BadCursor))
async def list_lineage(
    db: Db, page: Paged, county: County, appropriation_id: UUID | None = None, loan_id: UUID | None = None,
    receipt_id: UUID | None = None, distribution_id: UUID | None = None, line_no: int | None = None,
    household_id: UUID | None = None,
) -> dict[str, Any]:  # fmt: skip
    """
    Which money paid which household: the first fen into the shared account is the first out of it.

    Ask by where it came from (`appropriation_id`, `loan_id`, `receipt_id`), by whom it reached (`distribution_id` with
    `line_no`, `household_id`), or by both. A line's pieces add up to its share, an inflow's to what it paid.
    What a loan earned belongs to the appropriations its principal came from, in proportion.
    """
    origins = await queries.origins(db, county, appropriation_id, receipt_id, loan_id)
    statement, key = queries.pieces(county, origins, distribution_id, line_no, household_id)
    found = await page.of(db, statement, key=key)
    return found | {"items": [row | _came(origins[row["stretch"] - 1]) for row in found["items"]]}


@router.get("/v1/lineage/reach", response_model=Reach, dependencies=[needs("funds:read")])
async def get_reach(
    db: Db, county: County, appropriation_id: UUID | None = None, loan_id: UUID | None = None,
    receipt_id: UUID | None = None,
) -> dict[str, int]:  # fmt: skip
    """What became of the money that came from an appropriation, a loan or a receipt; of all money without any."""
    origins = await queries.origins(db, county, appropriation_id, receipt_id, loan_id)
    gone = await queries.gone(db, county)
    came_in = sum(origin.stretch.to_fen - origin.stretch.from_fen for origin in origins)
    left = came_in - sum(within(origin.stretch, gone) for origin in origins)
    reached = await queries.reached(db, county, origins)
    elsewhere = came_in - left - reached["reached_fen"]
    return reached | {"came_in_fen": came_in, "left_fen": left, "elsewhere_fen": elsewhere}


def _came(origin: queries.Origin) -> dict[str, Any]:
    named = ("came_on", "source", "receipt_id", "receipt_kind", "loan_id", "loan_no")
    whose = {"appropriation_id": origin.stretch.appropriation_id, "document_no": origin.document_no}
    return {name: origin.inflow[name] for name in named} | whose
