"""Appraisals, what villages have, what households received."""

from datetime import date
from uuid import UUID

from fupin.listing import Listing
from services.registry.queries import divisions

APPRAISAL = """
    a.id, a.division_code, a.year, a.department, a.helper_id, a.cadre_name, a.mark, a.score, a.comment, a.appraised_by,
    a.appraised_on, a.recorded_by, a.version
"""
FACT = """f.id, f.division_code, f.item, f.met, f.from_on AS "from", f.evidence, f.recorded_by, f.version"""
ASSISTANCE = """
    a.id, a.household_id, a.division_code, a.kind, a.given_on, a.given_by, a.amount_fen, a.description, a.recorded_by,
    a.version
"""
# Every village with every item that the list holds on the day: what is not recorded shows as such.
STATES = "".join(
    [divisions.SOURCE, """
    CROSS JOIN village_item e LEFT JOIN LATERAL (
        SELECT f.met, f.from_on FROM village_fact f
        WHERE f.division_code = d.code AND f.item = e.code AND f.from_on <= %(as_of)s ORDER BY f.from_on DESC LIMIT 1
    ) f ON true
"""]
)  # fmt: skip
STATE = """
    d.code AS division_code, d.name, e.code AS item, e.zh AS item_zh, e.en AS item_en, f.met, f.from_on AS since
"""


def appraisals() -> Listing:
    return Listing(APPRAISAL, "appraisal a", (("a.id", UUID),))


def facts() -> Listing:
    return Listing(FACT, "village_fact f", (("f.id", UUID),))


def assistance() -> Listing:
    return Listing(ASSISTANCE, "assistance a", (("a.id", UUID),))


def states(on: date) -> Listing:
    """What each village has on a day."""
    key = (("d.code", str), ("e.position", int), ("e.code", str))
    found = Listing(STATE, STATES, key, params={"as_of": on})
    return found.where(
        "d.level = 'VILLAGE' AND e.valid_from <= %(as_of)s AND (e.valid_to IS NULL OR e.valid_to >= %(as_of)s)"
    )
