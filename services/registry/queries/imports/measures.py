"""What is done for households: pathways, helpers, guarantee checks. Rows name their household by its number."""

from services.registry.queries.imports.staging import Connection, Counts

# A row's days; none where they are missing or in the wrong order, which is told already.
SPAN = """CASE WHEN {0}."from" IS NULL OR {0}."to" < {0}."from" THEN 'empty'::daterange
               ELSE daterange({0}."from", {0}."to", '[]') END"""
S_DAYS, O_DAYS = SPAN.format("s"), SPAN.format("o")

FOUND = ", household_id uuid, target_code text, pathway_code text"  # columns of `stage` that are looked up

FIND = """
    UPDATE stage s SET household_id = h.id, target_code = h.division_code FROM household h
    WHERE h.household_no = s.household_no
"""

UNKNOWN_HOUSEHOLD = """
    INSERT INTO stage_error
    SELECT row_no, 'household_no', 'UNKNOWN_HOUSEHOLD' FROM stage
    WHERE household_no IS NOT NULL AND household_id IS NULL
"""

GOOD = "row_no NOT IN (SELECT row_no FROM stage_error)"

# --- pathways: the policy's list is rows, so a name is looked up in it

PATHWAY = """
    UPDATE stage s SET pathway_code = p.code FROM pathway p
    WHERE s.pathway IN (p.zh, p.code) OR lower(s.pathway) = lower(p.en)
"""

PATHWAY_CHECKS = (
    """
    INSERT INTO stage_error
    SELECT row_no, 'pathway', 'NOT_IN_LIST' FROM stage WHERE pathway IS NOT NULL AND pathway_code IS NULL
    """,
    f"""
    INSERT INTO stage_error
    SELECT s.row_no, 'from', CASE WHEN s."from" = o."from" THEN 'DUPLICATE_ROW' ELSE 'OVERLAPS' END
    FROM stage s JOIN stage o ON o.household_id = s.household_id AND o.pathway_code = s.pathway_code
        AND o.row_no < s.row_no AND {O_DAYS} && {S_DAYS}
    """,  # noqa: S608  # made of constants
    f"""
    INSERT INTO stage_error
    SELECT s.row_no, 'from', 'OVERLAPS'
    FROM stage s JOIN household_pathway p ON p.household_id = s.household_id AND p.pathway = s.pathway_code
        AND p.from_on <> s."from" AND p.held && {S_DAYS}
    """,  # noqa: S608  # made of constants
)

PATHWAY_CHANGE = f"""
    UPDATE household_pathway p SET to_on = s."to", version = p.version + 1,
        expected_income_fen = coalesce(s.expected_income, p.expected_income_fen)
    FROM stage s
    WHERE s.{GOOD} AND p.household_id = s.household_id AND p.pathway = s.pathway_code AND p.from_on = s."from"
      AND (p.to_on, p.expected_income_fen)
          IS DISTINCT FROM (s."to", coalesce(s.expected_income, p.expected_income_fen))
"""  # noqa: S608  # made of constants

PATHWAY_ADD = f"""
    INSERT INTO household_pathway (household_id, county_code, division_code, pathway, from_on, to_on,
                                   expected_income_fen)
    SELECT household_id, left(target_code, 6), target_code, pathway_code, "from", "to", expected_income FROM stage s
    WHERE {GOOD} AND NOT EXISTS (SELECT FROM household_pathway p
        WHERE p.household_id = s.household_id AND p.pathway = s.pathway_code AND p.from_on = s."from")
"""  # noqa: S608  # made of constants

# --- helpers: each day one cadre is a household's responsible helper: as the file says, else a department's, else the
# first in the file

LEADERS = """
    UPDATE stage SET target_code = division_code, responsible = false WHERE level = 'LEADER'
"""

RESPONSIBLE = f"""
    UPDATE stage s SET responsible = true
    WHERE s.responsible IS NULL AND s.household_id IS NOT NULL
      AND NOT EXISTS (
        SELECT FROM stage o
        WHERE o.household_id = s.household_id AND o.row_no <> s.row_no
          AND {O_DAYS} && {S_DAYS}
          AND (o.responsible OR (o.responsible IS NULL
               AND (o.level <> 'DEPARTMENT', o.row_no) < (s.level <> 'DEPARTMENT', s.row_no))))
"""  # noqa: S608  # made of constants

HELPER_CHECKS = (
    """
    INSERT INTO stage_error
    SELECT row_no, 'division_code', 'REQUIRED' FROM stage WHERE level = 'LEADER' AND division_code IS NULL
    """,
    """
    INSERT INTO stage_error
    SELECT row_no, 'division_code', 'OUTSIDE_DIVISION' FROM stage
    WHERE level = 'LEADER' AND NOT starts_with(division_code, current_setting('fupin.division'))
    """,
    """
    INSERT INTO stage_error
    SELECT row_no, 'household_no', 'REQUIRED' FROM stage WHERE level <> 'LEADER' AND household_no IS NULL
    """,
    """
    INSERT INTO stage_error
    SELECT row_no, 'cadre_name', 'DUPLICATE_ROW'
    FROM (SELECT row_no, row_number() OVER (PARTITION BY household_id, target_code, cadre_name, department, "from"
                                            ORDER BY row_no) AS copy
          FROM stage WHERE target_code IS NOT NULL) AS s
    WHERE copy > 1
    """,
)

HELPER_OVERLAPS = f"""
    INSERT INTO stage_error
    SELECT s.row_no, 'from', 'OVERLAPS'
    FROM stage s JOIN stage o ON o.household_id = s.household_id AND o.responsible AND o.row_no < s.row_no
        AND {O_DAYS} && {S_DAYS}
    WHERE s.responsible
    UNION ALL
    SELECT s.row_no, 'from', 'OVERLAPS'
    FROM stage s JOIN helper_assignment a ON a.household_id = s.household_id AND a.responsible
        AND a.held && {S_DAYS}
    JOIN helper h ON h.id = a.helper_id
    WHERE s.responsible AND (h.name, h.department, a.from_on) IS DISTINCT FROM (s.cadre_name, s.department, s."from")
"""  # noqa: S608  # made of constants

HELPER_ADD = f"""
    INSERT INTO helper (county_code, division_code, name, department, position)
    SELECT DISTINCT ON (left(target_code, 6), department, cadre_name)
           left(target_code, 6), left(target_code, 6) || '000000', cadre_name, department, position
    FROM stage WHERE {GOOD} ORDER BY left(target_code, 6), department, cadre_name, row_no
    ON CONFLICT (county_code, department, name) DO NOTHING
"""  # noqa: S608  # made of constants

_ASSIGNED = """
    SELECT s.*, h.id AS helper_id FROM stage s
    JOIN helper h ON h.county_code = left(s.target_code, 6) AND h.department = s.department AND h.name = s.cadre_name
"""

ASSIGNMENT_CHANGE = f"""
    UPDATE helper_assignment a SET to_on = s."to", level = s.level, version = a.version + 1
    FROM ({_ASSIGNED}) AS s
    WHERE s.{GOOD} AND a.helper_id = s.helper_id AND a.household_id IS NOT DISTINCT FROM s.household_id
      AND a.division_code = s.target_code AND a.from_on = s."from"
      AND (a.to_on, a.level) IS DISTINCT FROM (s."to", s.level)
"""  # noqa: S608  # made of constants

ASSIGNMENT_ADD = f"""
    INSERT INTO helper_assignment (helper_id, household_id, county_code, division_code, level, responsible,
                                   from_on, to_on)
    SELECT s.helper_id, s.household_id, left(s.target_code, 6), s.target_code, s.level, coalesce(s.responsible, false),
           s."from", s."to"
    FROM ({_ASSIGNED}) AS s
    WHERE s.{GOOD} AND NOT EXISTS (SELECT FROM helper_assignment a
        WHERE a.helper_id = s.helper_id AND a.household_id IS NOT DISTINCT FROM s.household_id
          AND a.division_code = s.target_code AND a.from_on = s."from")
"""  # noqa: S608  # made of constants

# --- guarantee checks: one result a household, year and item

GUARANTEE_CHECKS = (
    """
    INSERT INTO stage_error
    SELECT row_no, 'item', 'DUPLICATE_ROW'
    FROM (SELECT row_no, row_number() OVER (PARTITION BY household_id, year, item ORDER BY row_no) AS copy
          FROM stage WHERE household_id IS NOT NULL AND year IS NOT NULL AND item IS NOT NULL) AS s
    WHERE copy > 1
    """,
)

GUARANTEE_CHANGE = f"""
    UPDATE guarantee_check c SET result = s.result, checked_on = s.checked_on, version = c.version + 1
    FROM stage s
    WHERE s.{GOOD} AND c.household_id = s.household_id AND c.year = s.year AND c.item = s.item
      AND (c.result, c.checked_on) IS DISTINCT FROM (s.result, s.checked_on)
"""  # noqa: S608  # made of constants

GUARANTEE_ADD = f"""
    INSERT INTO guarantee_check (household_id, county_code, division_code, year, item, result, checked_on)
    SELECT household_id, left(target_code, 6), target_code, year, item, result, checked_on FROM stage s
    WHERE {GOOD} AND NOT EXISTS (SELECT FROM guarantee_check c
        WHERE c.household_id = s.household_id AND c.year = s.year AND c.item = s.item)
"""  # noqa: S608  # made of constants


async def check_pathways(conn: Connection) -> None:
    await _run(conn, FIND, UNKNOWN_HOUSEHOLD, PATHWAY, *PATHWAY_CHECKS)


async def check_helpers(conn: Connection) -> None:
    await _run(conn, FIND, LEADERS, UNKNOWN_HOUSEHOLD, *HELPER_CHECKS, RESPONSIBLE, HELPER_OVERLAPS)


async def check_guarantees(conn: Connection) -> None:
    await _run(conn, FIND, UNKNOWN_HOUSEHOLD, *GUARANTEE_CHECKS)


async def apply_pathways(conn: Connection, valid: int) -> Counts:
    return await _counted(conn, PATHWAY_CHANGE, PATHWAY_ADD, valid)


async def apply_helpers(conn: Connection, valid: int) -> Counts:
    await conn.execute(HELPER_ADD)
    return await _counted(conn, ASSIGNMENT_CHANGE, ASSIGNMENT_ADD, valid)


async def apply_guarantees(conn: Connection, valid: int) -> Counts:
    return await _counted(conn, GUARANTEE_CHANGE, GUARANTEE_ADD, valid)


async def _run(conn: Connection, *statements: str) -> None:
    for statement in statements:
        await conn.execute(statement)


async def _counted(conn: Connection, change: str, add: str, valid: int) -> Counts:
    """Change before adding: a period that ends makes room for the one that follows it."""
    changed = (await conn.execute(change)).rowcount
    added = (await conn.execute(add)).rowcount
    return Counts(added, changed, valid - added - changed)
