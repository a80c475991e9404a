"""Who helps whom, and who is helped by nobody."""

from datetime import date, datetime
from uuid import UUID

from fupin.listing import Listing, words
from services.registry.queries import divisions, histories, households
from services.registry.rules.statuses import POOR

HELPER = "p.id, p.division_code, p.name, p.department, p.position, p.version"
BY_HELPER = (("p.id", UUID),)

ASSIGNMENT = """
    a.id, a.helper_id, p.name AS helper_name, p.department, a.household_id, a.division_code, a.level, a.responsible,
    a.from_on AS "from", a.to_on AS "to", a.version
"""
ASSIGNMENTS = "helper_assignment a JOIN helper p ON p.id = a.helper_id"
BY_ASSIGNMENT = (("a.id", UUID),)

LETTER = """
    l.id, l.year, l.level, l.division_code, l.parent_id, l.helper_id, l.issued_by, l.accepted_by, l.signed_on
"""
BY_LETTER = (("l.id", UUID),)

# A poor household without a responsible cadre, and a town without a city leader.
GAPS = "".join(
    ["""(
    SELECT 'HOUSEHOLD' AS kind, h.division_code, h.id AS household_id, h.household_no
    FROM """, households.SOURCE, " WHERE ", households.STATUS, " = ANY (%(poor)s) AND NOT ", households.HAS_HELPER,
     """
    UNION ALL
    SELECT 'TOWN', d.code, NULL, '' FROM """, divisions.SOURCE,
     """
    WHERE d.level = 'TOWN' AND NOT EXISTS (
        SELECT FROM helper_assignment x WHERE x.level = 'LEADER' AND x.division_code = d.code AND """, households.HELD,
     ")) g"]
)  # fmt: skip

THEN_GAPS = GAPS.replace(households.SOURCE, households.THEN_ALL).replace(
    "helper_assignment x", f"{histories.ASSIGNMENTS} x"
)


def all_helpers() -> Listing:
    return Listing(HELPER, "helper p", BY_HELPER)


def all_assignments() -> Listing:
    return Listing(ASSIGNMENT, ASSIGNMENTS, BY_ASSIGNMENT)


def all_letters() -> Listing:
    return Listing(LETTER, "responsibility_letter l", BY_LETTER)


def gaps(on: date, known_at: datetime | None) -> Listing:
    """Households and towns with nobody on the day."""
    key = (("g.division_code", str), ("g.household_no", str))
    params = {"as_of": on, "known_at": known_at or histories.EVER, "poor": words(sorted(POOR))}
    return Listing("g.*", THEN_GAPS if known_at else GAPS, key, params=params)
