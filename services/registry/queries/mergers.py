"""Villages that become one, with all their households."""

from uuid import UUID

from sqlalchemy import text

from fupin.listing import Listing

# Held exclusively: a request for a transfer that is being submitted refers to its village, and waits or is seen.
HOLD = text("""
    SELECT code, level, valid_from, valid_to, successor_code FROM division
    WHERE code = ANY (CAST(:codes AS varchar[])) ORDER BY code FOR UPDATE
""")
OPEN_TRANSFERS = text("""
    SELECT count(*) FROM change_request
    WHERE kind = 'TRANSFER' AND state IN ('SUBMITTED', 'TOWN_REVIEWED', 'RETURNED')
      AND (division_code = ANY (CAST(:codes AS varchar[])) OR to_division_code = ANY (CAST(:codes AS varchar[])))
""")
LAST_MOVE = text("""
    SELECT max(v.moved_on) FROM household_move v JOIN household h ON h.id = v.household_id
    WHERE h.division_code = ANY (CAST(:codes AS varchar[]))
""")
COUNT = text("SELECT count(*) FROM household WHERE division_code = ANY (CAST(:codes AS varchar[]))")
RECORD_MOVES = text("""
    INSERT INTO household_move (household_id, county_code, from_code, to_code, moved_on, division_merger_id)
    SELECT id, county_code, division_code, CAST(:into_code AS varchar), CAST(:on AS date), :id
    FROM household WHERE division_code = ANY (CAST(:codes AS varchar[])) ORDER BY id
""")
# What belongs to the households follows by foreign key, in the same statement.
MOVE = text("""
    UPDATE household SET division_code = :into_code, version = version + 1
    WHERE division_code = ANY (CAST(:codes AS varchar[]))
""")
END = text("""
    UPDATE division SET valid_to = CAST(:on AS date) - 1, successor_code = :into_code, version = version + 1
    WHERE code = ANY (CAST(:codes AS varchar[]))
""")

SHOWN = """
    g.id, g.division_code AS into_code, g.from_codes, g.on_date AS "on", g.reason, g.households, g.actor, g.at
"""
MERGERS = Listing(SHOWN, "division_merger g", (("g.id", UUID),))


def by_id(id: UUID) -> Listing:
    return MERGERS.where("g.id = %(id)s", id=id)
