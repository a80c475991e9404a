"""Where households are paid: the account as it is kept, and whose it is."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from fupin.listing import Listing
from services.registry.queries.histories import EVER
from services.registry.queries.households import LIVING, SOURCE, STATUS

PAYEE = "".join(
    ["""
    h.id AS household_id, h.bank_account_enc,
    (SELECT m.name FROM member m WHERE m.household_id = h.id AND m.relation = '02' AND """, LIVING, """ LIMIT 1)
        AS holder
"""]
)  # fmt: skip


def payees(ids: Sequence[UUID], on: date) -> Listing:
    """Those of the households that are in the register on the day, however poor they are by then."""
    return named(ids, on).where(STATUS + " NOT IN ('REMOVED', 'CANCELLED')")


def named(ids: Sequence[UUID], on: date) -> Listing:
    """All of the households, in the register or not."""
    return Listing(PAYEE, SOURCE, (("h.id", UUID),)).where(
        "h.id = ANY (%(ids)s)", ids=list(ids), as_of=on, known_at=EVER
    )
