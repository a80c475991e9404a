from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

from fupin.app import Router
from fupin.auth import needs
from fupin.clock import Today
from fupin.db import Db
from services.funds.queries import loan_book as queries
from services.funds.routes.shared import AsOf, County
from services.funds.rules import loan_book as rules
from services.funds.schemas.loan_changes import LoanBook

router = Router(tags=["loans"])

SUMS = (
    "principal_fen", "due_fen", "paid_fen", "overdue_fen", "penalties_open_fen", "outstanding_principal_fen",
    "written_off_fen",
)  # fmt: skip


@router.get("/v1/loan-book", response_model=LoanBook, dependencies=[needs("funds:read")])
async def get_loan_book(db: Db, county: County, today: Today, as_of: AsOf = None) -> dict[str, Any]:
    """
    Every contract agreed and signed by a day as it stood then, and all together: due, paid, overdue by age,
    outstanding, and the yearly return (XIRR).
    """
    on = as_of or today
    contracts, dues, receipts = await queries.read(db, county, on)
    of_loan: dict[UUID, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for position, rows in enumerate((dues, receipts)):
        for row in rows:
            of_loan[row["loan_id"]][position].append(row)
    found = [rules.standing(contract, *of_loan[contract["id"]], on) for contract in contracts]
    late: Counter[str] = Counter()
    for one in found:
        late.update(one.overdue_by_bucket)
    return {
        "as_of": on,
        "loans": [one._asdict() | {"xirr_ppm": rules.xirr_ppm(one.flows)} for one in found],
        "overdue_by_bucket": late,
        "xirr_ppm": rules.xirr_ppm([flow for one in found for flow in one.flows]),
    } | {name: sum(getattr(one, name) for one in found) for name in SUMS}
