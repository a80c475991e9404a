"""What is not met, for whom; and how far each town is."""

from datetime import date, datetime

from fupin.listing import Listing, words
from services.registry.codes import GuaranteeItem
from services.registry.codes.support import GuaranteeGapKind
from services.registry.queries import histories, households
from services.registry.rules.statuses import REGISTERED

# Each registered household with each item, and its check of the year where there is one.
DUE = "".join(
    [households.SOURCE, """
    CROSS JOIN unnest(%(items)s::text[]) AS due (item)
    LEFT JOIN guarantee_check g ON g.household_id = h.id AND g.item = due.item AND g.year = %(year)s
"""]
)  # fmt: skip
THEN_DUE = DUE.replace(households.SOURCE, households.THEN_ALL).replace("guarantee_check g", f"{histories.CHECKS} g")
REGISTERED_THEN = households.STATUS + " = ANY (%(registered)s)"
GAP = """
    CASE WHEN g.id IS NULL THEN 'NOT_CHECKED' ELSE 'NOT_MET' END AS kind, h.id AS household_id, h.household_no,
    h.division_code, due.item, g.id AS check_id, coalesce(g.evidence, '') AS reason, g.checked_on
"""
COVERAGE = "".join(
    ["""(
    SELECT left(h.division_code, 9) || '000' AS division_code, due.item, count(*) AS households,
           count(*) FILTER (WHERE g.result = 'MET') AS met, count(*) FILTER (WHERE g.result = 'NOT_MET') AS not_met,
           count(*) FILTER (WHERE g.result = 'NOT_APPLICABLE') AS not_applicable,
           count(*) FILTER (WHERE g.id IS NULL) AS not_checked
    FROM """, DUE, " WHERE ", REGISTERED_THEN, """ AND starts_with(h.division_code, %(division)s) GROUP BY 1, 2
    ) c LEFT JOIN division d ON d.code = c.division_code"""]
)  # fmt: skip
COVERED = """
    c.division_code, coalesce(d.name, c.division_code) AS name, c.item, c.households, c.met, c.not_met,
    c.not_applicable, c.not_checked
"""

THEN_COVERAGE = COVERAGE.replace(DUE, THEN_DUE)


def gaps(
    year: int,
    on: date,
    known_at: datetime | None,
    item: GuaranteeItem | None,
    division: str | None,
    kind: GuaranteeGapKind | None,
) -> Listing:
    """Registered households with a guarantee that was checked and not met, or not checked at all."""
    key = (("h.division_code", str), ("h.household_no", str), ("due.item", str))
    found = Listing(GAP, THEN_DUE if known_at else DUE, key, params=_due(year, on, known_at, item)).where(
        REGISTERED_THEN
    )
    found = found.where("(g.id IS NULL OR g.result = 'NOT_MET')")
    if kind is not None:
        found = found.where("(g.id IS NULL) = %(unchecked)s", unchecked=kind is GuaranteeGapKind.NOT_CHECKED)
    if division is not None:
        found = found.where("starts_with(h.division_code, %(division)s)", division=division)
    return found


def coverage(year: int, on: date, known_at: datetime | None, item: GuaranteeItem | None, division: str) -> Listing:
    """Registered households by town and item: met, not met, not applicable, not checked."""
    key = (("c.division_code", str), ("c.item", str))
    params = _due(year, on, known_at, item) | {"division": division}
    return Listing(COVERED, THEN_COVERAGE if known_at else COVERAGE, key, params=params)


def _due(year: int, on: date, known_at: datetime | None, item: GuaranteeItem | None) -> dict[str, object]:
    items = [item] if item is not None else list(GuaranteeItem)
    return {
        "as_of": on,
        "known_at": known_at or histories.EVER,
        "year": year,
        "items": words(items),
        "registered": words(sorted(REGISTERED)),
    }
