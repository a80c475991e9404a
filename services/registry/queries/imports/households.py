"""Households with members, incomes and accounts. A household is taken whole or not at all."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, NamedTuple

from psycopg.errors import UniqueViolation

from services.registry.queries.imports.staging import Connection, Counts
from services.registry.rules.statuses import REGISTER_OPENED

Step = Callable[[], Awaitable[None]]  # raises Cancelled when the work was asked to stop

# The digest covers all rows of the household in any order: the same rows again change nothing. A new household has its
# id here already, in the order in which it will stand in the table.
GROUP = """
    CREATE TEMP TABLE stage_household ON COMMIT DROP AS
    SELECT o.row_no, g.household_no, o.division_code, left(o.division_code, 6) AS county_code, g.persons, g.digest,
           coalesce(h.id, uuidv7()) AS household_id, h.id IS NOT NULL AS known,
           h.id IS NOT NULL AND h.source_hash IS NOT DISTINCT FROM g.digest AS same, false AS bad,
           g.heads, g.unread
    FROM (SELECT household_no, count(*)::smallint AS persons,
                 CASE count(*) WHEN 1 THEN sha256(min(row_hash))
                      ELSE sha256(string_agg(row_hash, ''::bytea ORDER BY row_hash)) END AS digest,
                 count(*) FILTER (WHERE relation = '02') AS heads, count(*) - count(relation) AS unread
          FROM stage WHERE household_no IS NOT NULL GROUP BY household_no) AS g
    JOIN (SELECT row_no, household_no, division_code FROM stage WHERE opens) AS o ON o.household_no = g.household_no
    LEFT JOIN household h ON h.county_code = left(o.division_code, 6) AND h.household_no = g.household_no
    ORDER BY o.division_code, g.household_no
"""

CHECKS = (
    """
    INSERT INTO stage_error
    SELECT n.row_no, field, 'REQUIRED'
    FROM (SELECT min(row_no) AS row_no FROM stage s WHERE household_no IS NOT NULL AND NOT opens
          AND NOT EXISTS (SELECT FROM stage_household g WHERE g.household_no = s.household_no)
          GROUP BY household_no) AS n
    CROSS JOIN unnest(ARRAY['residence', 'status']) AS field
    """,
    """
    INSERT INTO stage_error
    SELECT row_no, 'division_code', 'UNKNOWN_DIVISION' FROM stage s
    WHERE starts_with(division_code, current_setting('fupin.division')) AND right(division_code, 3) <> '000'
      AND NOT EXISTS (SELECT FROM division d WHERE d.code = s.division_code)
    """,
    # A merged village: the file is older than the merger. Mergers follow each other; the last one's village is named.
    """
    INSERT INTO stage_error
    WITH RECURSIVE heir (code, last) AS (
      SELECT code, successor_code FROM division
      WHERE successor_code IS NOT NULL AND code IN (SELECT division_code FROM stage_household WHERE NOT same)
      UNION ALL
      SELECT heir.code, d.successor_code FROM heir JOIN division d ON d.code = heir.last
      WHERE d.successor_code IS NOT NULL
    )
    SELECT s.row_no, 'division_code', 'DIVISION_ENDED', concat_ws(' ', heir.last, into_.name)
    FROM stage s JOIN stage_household g ON g.household_no = s.household_no JOIN heir ON heir.code = s.division_code
    LEFT JOIN division into_ ON into_.code = heir.last
    WHERE NOT g.same AND NOT EXISTS (SELECT FROM division d WHERE d.code = heir.last AND d.successor_code IS NOT NULL)
    """,
    """
    INSERT INTO stage_error
    SELECT s.row_no, 'division_code', 'DISAGREES'
    FROM stage s JOIN stage_household g ON g.household_no = s.household_no
    WHERE g.persons > 1 AND s.division_code <> g.division_code
    """,
    """
    INSERT INTO stage_error
    SELECT row_no, 'relation', CASE heads WHEN 0 THEN 'NO_HEAD' ELSE 'TWO_HEADS' END
    FROM stage_household WHERE heads > 1 OR (heads = 0 AND unread = 0)
    """,
    """
    INSERT INTO stage_error
    SELECT s.row_no, 'id_number', CASE WHEN twice.households > 1 THEN 'ID_IN_TWO_HOUSEHOLDS' ELSE 'DUPLICATE_ROW' END
    FROM stage s
    JOIN (SELECT id_number_index, CASE WHEN min(household_no) = max(household_no) THEN 1 ELSE 2 END AS households
          FROM stage WHERE id_number_index IS NOT NULL GROUP BY id_number_index HAVING count(*) > 1) AS twice
      ON twice.id_number_index = s.id_number_index
    """,
    """
    INSERT INTO stage_error
    SELECT s.row_no, 'id_number', 'ID_IN_TWO_HOUSEHOLDS'
    FROM stage s JOIN stage_household g ON g.household_no = s.household_no
    JOIN member m ON m.county_code = g.county_code AND m.id_number_index = s.id_number_index
                 AND m.left_on IS NULL AND m.died_on IS NULL
    WHERE NOT g.same AND m.household_id IS DISTINCT FROM g.household_id
    """,
    """
    INSERT INTO stage_error
    SELECT g.row_no, found.field, found.code
    FROM (SELECT * FROM stage_household WHERE known AND NOT same) AS g
    JOIN stage s ON s.row_no = g.row_no JOIN household h ON h.id = g.household_id
    CROSS JOIN LATERAL (VALUES ('status', 'STATUS_BY_PROCEDURE', s.status <> h.status),
                               ('division_code', 'MOVES_BY_PROCEDURE', s.division_code <> h.division_code
                                AND NOT EXISTS (SELECT FROM division d
                                                WHERE d.code = s.division_code AND d.successor_code IS NOT NULL)))
               AS found (field, code, wrong)
    WHERE found.wrong
    """,
)

MARK = """
    UPDATE stage_household SET bad = true
    WHERE household_no IN (SELECT s.household_no FROM stage s JOIN stage_error e ON e.row_no = s.row_no)
"""

VALID_ROWS = """
    SELECT coalesce(sum(persons) FILTER (WHERE NOT bad), 0)::int, count(*) FILTER (WHERE NOT bad AND same)::int,
           count(*) FILTER (WHERE NOT bad AND NOT known)::int,
           count(*) FILTER (WHERE NOT bad AND known AND NOT same)::int,
           coalesce(sum(persons) FILTER (WHERE NOT bad AND NOT same), 0)::int
    FROM stage_household
"""

ADD = """
    INSERT INTO household (id, county_code, division_code, household_no, residence, poverty_type, status, status_on,
        main_cause, other_causes, identified_on, exited_on, phone_enc, phone_index, phone_mask,
        bank_account_enc, bank_account_index, bank_account_mask, farmland_mu, house_grade, source_hash)
    SELECT g.household_id, g.county_code, g.division_code, g.household_no, s.residence, s.poverty_type, s.status,
        CASE s.status WHEN 'NOT_POOR' THEN %(opened)s::date WHEN 'IDENTIFIED' THEN s.identified_on
            WHEN 'POOR' THEN s.identified_on WHEN 'EXITED' THEN s.exited_on ELSE %(as_of)s::date END,
        s.main_cause, coalesce(s.other_causes, '{}'), s.identified_on, s.exited_on,
        s.phone_enc, s.phone_index, s.phone_mask, s.bank_account_enc, s.bank_account_index, s.bank_account_mask,
        s.farmland_mu, s.house_grade, g.digest
    FROM stage_household g JOIN stage s ON s.row_no = g.row_no
    WHERE NOT g.bad AND NOT g.known
    ORDER BY g.household_id
"""

# The number is taken by a household that the caller's division does not show.
HIDDEN = """
    INSERT INTO stage_error
    SELECT row_no, 'household_no', 'MOVES_BY_PROCEDURE' FROM stage_household g
    WHERE NOT bad AND NOT known AND NOT EXISTS (SELECT FROM household h WHERE h.id = g.household_id)
"""
FORGET_HIDDEN = """
    UPDATE stage_household SET bad = true
    WHERE row_no IN (SELECT row_no FROM stage_error WHERE field = 'household_no' AND code = 'MOVES_BY_PROCEDURE')
"""

# An empty cell leaves what is registered.
CHANGE = """
    UPDATE household h SET
        residence = coalesce(s.residence, h.residence), poverty_type = coalesce(s.poverty_type, h.poverty_type),
        main_cause = coalesce(s.main_cause, h.main_cause), other_causes = coalesce(s.other_causes, h.other_causes),
        identified_on = coalesce(s.identified_on, h.identified_on), exited_on = coalesce(s.exited_on, h.exited_on),
        phone_enc = coalesce(s.phone_enc, h.phone_enc), phone_index = coalesce(s.phone_index, h.phone_index),
        phone_mask = coalesce(s.phone_mask, h.phone_mask),
        bank_account_enc = coalesce(s.bank_account_enc, h.bank_account_enc),
        bank_account_index = coalesce(s.bank_account_index, h.bank_account_index),
        bank_account_mask = coalesce(s.bank_account_mask, h.bank_account_mask),
        farmland_mu = coalesce(s.farmland_mu, h.farmland_mu), house_grade = coalesce(s.house_grade, h.house_grade),
        source_hash = g.digest, version = h.version + 1
    FROM stage_household g JOIN stage s ON s.row_no = g.row_no
    WHERE h.id = g.household_id AND g.known AND NOT g.same AND NOT g.bad
"""

INCOMES = """
    INSERT INTO household_income AS i (household_id, county_code, division_code, year, persons,
        wage_fen, business_fen, property_fen, transfer_fen, production_cost_fen)
    SELECT g.household_id, g.county_code, g.division_code, s.income_year, g.persons, coalesce(s.wage_income, 0),
        coalesce(s.business_income, 0), coalesce(s.property_income, 0), coalesce(s.transfer_income, 0),
        coalesce(s.production_cost, 0)
    FROM stage_household g JOIN stage s ON s.row_no = g.row_no
    WHERE NOT g.bad AND NOT g.same AND s.income_year IS NOT NULL AND g.known = %(known)s
"""
CHANGE_INCOMES = f"""{INCOMES}
    ON CONFLICT (household_id, year) DO UPDATE SET
        persons = excluded.persons, wage_fen = excluded.wage_fen, business_fen = excluded.business_fen,
        property_fen = excluded.property_fen, transfer_fen = excluded.transfer_fen,
        production_cost_fen = excluded.production_cost_fen, version = i.version + 1
    WHERE (i.persons, i.wage_fen, i.business_fen, i.property_fen, i.transfer_fen, i.production_cost_fen)
        IS DISTINCT FROM (excluded.persons, excluded.wage_fen, excluded.business_fen, excluded.property_fen,
                          excluded.transfer_fen, excluded.production_cost_fen)
"""

# A person is the same one by ID number; without a number, by name within the household.
SAME_MEMBER = """
    m.household_id = g.household_id AND m.left_on IS NULL AND m.died_on IS NULL
    AND (m.id_number_index = s.id_number_index
         OR (s.id_number_index IS NULL AND m.id_number_index IS NULL AND m.name = s.name))
"""

# Whoever stops being head is written first: a household has one head at every moment.
CHANGE_MEMBERS = f"""
    UPDATE member m SET name = s.name, sex = s.sex, nationality = s.nationality, relation = s.relation,
        education = coalesce(s.education, m.education), school_stage = coalesce(s.school_stage, m.school_stage),
        health = coalesce(s.health, m.health), labour_ability = coalesce(s.labour_ability, m.labour_ability),
        medical_insurance = coalesce(s.medical_insurance, m.medical_insurance),
        disability_certificate_enc = coalesce(s.disability_certificate_enc, m.disability_certificate_enc),
        disability_certificate_index = coalesce(s.disability_certificate_index, m.disability_certificate_index),
        disability_certificate_mask = coalesce(s.disability_certificate_mask, m.disability_certificate_mask),
        version = m.version + 1
    FROM stage_household g JOIN stage s ON s.household_no = g.household_no
    WHERE g.known AND NOT g.same AND NOT g.bad AND (s.relation = '02') = %(heads)s AND {SAME_MEMBER}
      AND (m.name, m.sex, m.nationality, m.relation, m.education, m.school_stage, m.health::text[], m.labour_ability,
           m.medical_insurance, m.disability_certificate_index)
          IS DISTINCT FROM
          (s.name, s.sex, s.nationality, s.relation, coalesce(s.education, m.education),
           coalesce(s.school_stage, m.school_stage), coalesce(s.health, m.health::text[]),
           coalesce(s.labour_ability, m.labour_ability), coalesce(s.medical_insurance, m.medical_insurance),
           coalesce(s.disability_certificate_index, m.disability_certificate_index))
"""  # noqa: S608  # made of constants

ADD_MEMBERS = f"""
    INSERT INTO member (household_id, county_code, division_code, name, id_number_enc, id_number_index, id_number_mask,
        id_number_sex, birth_date, sex, nationality, relation, education, school_stage, health, labour_ability,
        medical_insurance,
        disability_certificate_enc, disability_certificate_index, disability_certificate_mask)
    SELECT g.household_id, g.county_code, g.division_code, s.name, s.id_number_enc, s.id_number_index, s.id_number_mask,
        s.id_number_sex, s.birth_date, s.sex, s.nationality, s.relation, s.education,
        coalesce(s.school_stage, 'NOT_IN_SCHOOL'), coalesce(s.health, '{{}}'), s.labour_ability,
        coalesce(s.medical_insurance, false), s.disability_certificate_enc, s.disability_certificate_index,
        s.disability_certificate_mask
    FROM stage_household g JOIN stage s ON s.household_no = g.household_no
    WHERE NOT g.bad AND NOT g.same
      AND (NOT g.known OR NOT EXISTS (SELECT FROM member m WHERE {SAME_MEMBER}))
    ORDER BY g.household_id, s.row_no
"""  # noqa: S608  # made of constants

# PostgreSQL did not take them: the number is held by a household out of sight, or an absent member is still the head.
NOT_ADDED = f"""
    INSERT INTO stage_error
    SELECT s.row_no, CASE WHEN s.id_number_index IS NULL THEN 'relation' ELSE 'id_number' END,
           CASE WHEN s.relation = '02' AND EXISTS (
               SELECT FROM member m WHERE m.household_id = g.household_id AND m.relation = '02'
                  AND m.left_on IS NULL AND m.died_on IS NULL) THEN 'TWO_HEADS' ELSE 'ID_IN_TWO_HOUSEHOLDS' END
    FROM stage_household g JOIN stage s ON s.household_no = g.household_no
    WHERE NOT g.bad AND NOT g.same
      AND NOT EXISTS (SELECT FROM member m WHERE {SAME_MEMBER})
"""  # noqa: S608  # made of constants

REVIEW_SAME_ID = """
    INSERT INTO review_item (county_code, division_code, kind, import_id, row, household_no, other_household_no,
                             person_index)
    SELECT g.county_code, g.division_code, 'SAME_ID_NUMBER', %(id)s, s.row_no, least(s.household_no, o.household_no),
           greatest(s.household_no, o.household_no), s.id_number_index
    FROM stage_error e
    JOIN stage s ON s.row_no = e.row_no JOIN stage_household g ON g.household_no = s.household_no
    JOIN LATERAL (
        SELECT other.household_no FROM stage other
        WHERE other.id_number_index = s.id_number_index AND other.household_no <> s.household_no
        UNION
        SELECT h.household_no FROM member m JOIN household h ON h.id = m.household_id
        WHERE m.county_code = g.county_code AND m.id_number_index = s.id_number_index
          AND m.left_on IS NULL AND m.died_on IS NULL AND h.household_no <> s.household_no) AS o ON true
    WHERE e.code = 'ID_IN_TWO_HOUSEHOLDS' AND starts_with(g.division_code, current_setting('fupin.division'))
    ON CONFLICT DO NOTHING
"""

REVIEW_SAME_PERSON = """
    INSERT INTO review_item (county_code, division_code, kind, import_id, row, household_no, other_household_no,
                             person_index)
    SELECT g.county_code, g.division_code, 'SAME_PERSON', %(id)s, s.row_no, least(s.household_no, h.household_no),
           greatest(s.household_no, h.household_no), coalesce(s.id_number_index, ''::bytea)
    FROM stage_household g JOIN stage s ON s.household_no = g.household_no
    JOIN member m ON m.division_code = s.division_code AND m.name = s.name AND m.birth_date = s.birth_date
                 AND m.left_on IS NULL AND m.died_on IS NULL AND m.household_id <> g.household_id
    JOIN household h ON h.id = m.household_id
    WHERE NOT g.bad AND NOT g.same
    ON CONFLICT DO NOTHING
"""


class Found(NamedTuple):
    """Of the households in the file that nothing is wrong with."""

    rows: int
    unchanged: int
    new: int
    to_change: int
    persons: int  # of those that are new or to change


async def check(conn: Connection, step: Step) -> Found:
    """Add what the registry finds wrong to the staged errors; what is left to take."""
    await conn.execute(GROUP)
    await conn.execute("ANALYZE stage_household")
    for statement in CHECKS:
        await step()
        await conn.execute(statement)
    await conn.execute(MARK)
    return await _found(conn)


async def _found(conn: Connection) -> Found:
    row = await (await conn.execute(VALID_ROWS)).fetchone()
    return Found(*row) if row else Found(0, 0, 0, 0, 0)


async def apply(conn: Connection, as_of: date, found: Found, step: Step) -> Counts:
    """Take the good households; what PostgreSQL itself refuses joins the staged errors."""
    added = await _insert(conn, ADD, {"opened": REGISTER_OPENED, "as_of": as_of})
    if added < found.new:
        await conn.execute(HIDDEN)
        await conn.execute(FORGET_HIDDEN)
        found = await _found(conn)
    await step()
    changed = (await conn.execute(CHANGE)).rowcount if found.to_change else 0
    await conn.execute(INCOMES, {"known": False})
    if found.to_change:
        await conn.execute(CHANGE_INCOMES, {"known": True})
    await step()
    if found.to_change:
        for heads in (False, True):
            await conn.execute(CHANGE_MEMBERS, {"heads": heads})
    written = await _insert(conn, ADD_MEMBERS)
    await step()
    if written < found.persons:
        await conn.execute(NOT_ADDED)
    return Counts(added, changed, found.unchanged)


async def _insert(conn: Connection, statement: str, values: dict[str, Any] | None = None) -> int:
    """
    Insert, leaving out what another division's rows stand in the way of; how many.

    Looking for such rows first costs as much again as writing, and there hardly are any: they are looked for when
    PostgreSQL has met one.
    """
    await conn.execute("SAVEPOINT inserting")
    try:
        found = await conn.execute(statement, values)
    except UniqueViolation:
        await conn.execute("ROLLBACK TO SAVEPOINT inserting")
        found = await conn.execute(statement + " ON CONFLICT DO NOTHING", values)
    await conn.execute("RELEASE SAVEPOINT inserting")
    return found.rowcount


async def review(conn: Connection, id: Any, taken: bool) -> None:
    """Leave what may be one person in two households to a person."""
    await conn.execute(REVIEW_SAME_ID, {"id": id})
    if taken:
        await conn.execute(REVIEW_SAME_PERSON, {"id": id})
