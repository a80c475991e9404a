"""
A sheet of declarations in PostgreSQL: staged row by row, held against the library, taken in as a whole.

`stage` has a row for each row of the sheet, `stage_error` one for each bad cell, `wanted` one for each good row.
"""

from datetime import date
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from services.projects.rules.duplicates import PUBLIC_SOURCES
from services.projects.rules.library import EDITABLE
from services.projects.rules.sheets import DECLARATIONS, SOURCES, TARGETS

Connection = AsyncConnection[Any]

COPY_ROWS = "COPY stage FROM STDIN"
COPY_ERRORS = "COPY stage_error (row, field, code) FROM STDIN"
ERRORS = "SELECT row, field, code FROM stage_error"

_SOURCES = ", ".join(f"('{source.value}', s.{field})" for field, source in SOURCES.items())
_PUBLIC = ", ".join(f"'{source.value}'" for source in PUBLIC_SOURCES)
_TARGETS = ", ".join(f"(s.{metric}, s.{target}, s.{unit})" for metric, target, unit in TARGETS)
_EDITABLE = ", ".join(f"'{state.value}'" for state in sorted(EDITABLE))

# What a row asks for, beside the project of that number that is declared already. Empty cells leave what is declared.
WANTED = f"""
    CREATE TEMP TABLE wanted ON COMMIT DROP AS
    SELECT s.row, s.project_no, s.title, plain_title(s.title) AS plain, s.category, s.division_code,
           s.declaring_unit, s.implementing_unit, s.responsible_person, s.build_type, s.content, s.starts_on,
           s.ends_on, s.expected_beneficiaries,
           s.document_ref, coalesce(s.linkage, p.linkage::text[], '{{}}') AS linkage, s.declared_on,
           CASE WHEN s.uscc IS NULL THEN p.enterprise_id ELSE e.id END AS enterprise_id,
           s.uscc IS NOT NULL AND e.id IS NULL AS unknown_enterprise,
           coalesce(b.lines, c.lines, '{{}}') AS budget, coalesce(t.lines, u.lines, '{{}}') AS targets,
           c.lines AS budget_before, u.lines AS targets_before,
           coalesce(p.id, uuidv7()) AS id, p.id IS NULL AS fresh, false AS differs
    FROM stage s
    LEFT JOIN project p ON p.county_code = left(s.division_code, 6) AND p.project_no = s.project_no
    LEFT JOIN enterprise e ON e.uscc = upper(s.uscc)
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(source, fen) FROM (VALUES {_SOURCES}) v (source, fen) WHERE fen > 0) b (lines)
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(metric, jsonb_build_array(trim_scale(target)::text, unit))
      FROM (VALUES {_TARGETS}) v (metric, target, unit) WHERE metric IS NOT NULL) t (lines)
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(source, amount_fen) FROM project_budget WHERE project_id = p.id) c (lines)
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(metric, jsonb_build_array(trim_scale(target)::text, unit))
      FROM performance_target WHERE project_id = p.id) u (lines)
    WHERE s.row NOT IN (SELECT row FROM stage_error)
"""  # noqa: S608  # made of constants

DIFFERS = """
    UPDATE wanted w SET differs =
      (w.title, w.declaring_unit, w.implementing_unit, w.responsible_person, w.build_type, w.content, w.starts_on,
       w.ends_on, w.expected_beneficiaries, w.linkage, w.enterprise_id, w.budget, w.targets) IS DISTINCT FROM
      (p.title, p.declaring_unit, p.implementing_unit, p.responsible_person, p.build_type, p.content, p.starts_on,
       p.ends_on, p.expected_beneficiaries, p.linkage::text[], p.enterprise_id, coalesce(w.budget_before, '{}'),
       coalesce(w.targets_before, '{}'))
    FROM project p WHERE p.id = w.id
"""

_TWICE = """
    INSERT INTO stage_error
    SELECT row, 'project_no', 'DUPLICATE_ROW' FROM (
      SELECT row, row_number() OVER (PARTITION BY left(division_code, 6), project_no ORDER BY row) AS nth
      FROM stage WHERE project_no IS NOT NULL AND division_code IS NOT NULL) s WHERE nth > 1
    ON CONFLICT DO NOTHING
"""
_OUTSIDE = """
    INSERT INTO stage_error SELECT row, 'division_code', 'OUTSIDE_DIVISION' FROM stage
    WHERE NOT starts_with(division_code, current_setting('fupin.division')) ON CONFLICT DO NOTHING
"""
_FUTURE = """
    INSERT INTO stage_error SELECT row, 'declared_on', 'DAY_IN_FUTURE' FROM stage WHERE declared_on > %(today)s
    ON CONFLICT DO NOTHING
"""
_ENTERPRISE = """
    INSERT INTO stage_error SELECT row, 'uscc', 'UNKNOWN_ENTERPRISE' FROM wanted WHERE unknown_enterprise
    ON CONFLICT DO NOTHING
"""
_STAYS = """
    INSERT INTO stage_error
    SELECT w.row, f.field, 'STAYS' FROM wanted w JOIN project p ON p.id = w.id
    CROSS JOIN LATERAL (VALUES ('category', w.category <> p.category),
                               ('division_code', w.division_code <> p.division_code),
                               ('declared_on', w.declared_on <> p.declared_on)) f (field, other)
    WHERE f.other ON CONFLICT DO NOTHING
"""
_CLOSED = f"""
    INSERT INTO stage_error SELECT w.row, 'project_no', 'NOT_EDITABLE' FROM wanted w JOIN project p ON p.id = w.id
    WHERE w.differs AND p.state NOT IN ({_EDITABLE}) ON CONFLICT DO NOTHING
"""  # noqa: S608  # made of constants
# The same project, in the library or further up in the sheet, paid by the same public source at the same time.
_FUNDED = f"""
    INSERT INTO stage_error
    SELECT DISTINCT w.row, 'title', 'DOUBLE_FUNDED' FROM wanted w JOIN (
      SELECT o.id, 0 AS row, o.category, o.division_code, plain_title(o.title) AS plain, o.starts_on, o.ends_on,
             ARRAY(SELECT source::text FROM project_budget WHERE project_id = o.id) AS sources
      FROM project o WHERE o.state NOT IN ('REJECTED', 'WITHDRAWN')
      UNION ALL
      SELECT id, row, category, division_code, plain, starts_on, ends_on, ARRAY(SELECT jsonb_object_keys(budget))
      FROM wanted) o USING (category, division_code, plain)
    WHERE (w.fresh OR w.differs) AND o.row < w.row AND o.id <> w.id
      AND (o.starts_on, o.ends_on + 1) OVERLAPS (w.starts_on, w.ends_on + 1)
      AND o.sources && ARRAY(SELECT k FROM jsonb_object_keys(w.budget) k WHERE k IN ({_PUBLIC}))
    ON CONFLICT DO NOTHING
"""  # noqa: S608  # made of constants
BEFORE = (_TWICE, _OUTSIDE, _FUTURE)
AFTER = (_ENTERPRISE, _STAYS, _CLOSED, _FUNDED)
DROP_BAD = "DELETE FROM wanted WHERE row IN (SELECT row FROM stage_error)"

ADD = """
    INSERT INTO project (id, county_code, project_no, title, category, division_code, declaring_unit, implementing_unit,
                         enterprise_id, responsible_person, build_type, content, starts_on, ends_on, linkage,
                         expected_beneficiaries, declared_on)
    SELECT id, left(division_code, 6), project_no, title, category, division_code, declaring_unit, implementing_unit,
           enterprise_id, responsible_person, build_type, content, starts_on, ends_on, linkage, expected_beneficiaries,
           coalesce(declared_on, %(today)s)
    FROM wanted WHERE fresh ORDER BY row ON CONFLICT (county_code, project_no) DO NOTHING
"""
# A number may belong to a project that the sender's division does not see.
TAKEN = """
    INSERT INTO stage_error SELECT w.row, 'project_no', 'NUMBER_TAKEN' FROM wanted w
    WHERE w.fresh AND NOT EXISTS (SELECT FROM project p WHERE p.id = w.id) ON CONFLICT DO NOTHING
"""
ADD_STEP = """
    INSERT INTO project_step (project_id, division_code, seq, to_state, happened_on, actor, scope, level, document_ref)
    SELECT w.id, w.division_code, 1, 'DECLARED', p.declared_on, %(actor)s, %(scope)s, %(level)s, w.document_ref
    FROM wanted w JOIN project p ON p.id = w.id WHERE w.fresh
"""
ADD_DOCUMENT = """
    INSERT INTO project_document (project_id, division_code, step_seq, kind, document_ref)
    SELECT id, division_code, 1, 'DECLARATION', document_ref FROM wanted WHERE fresh AND document_ref IS NOT NULL
"""
CHANGE = """
    UPDATE project p SET title = w.title, declaring_unit = w.declaring_unit, implementing_unit = w.implementing_unit,
      enterprise_id = w.enterprise_id, responsible_person = w.responsible_person, build_type = w.build_type,
      content = w.content, starts_on = w.starts_on, ends_on = w.ends_on, linkage = w.linkage,
      expected_beneficiaries = w.expected_beneficiaries, version = p.version + 1
    FROM wanted w WHERE w.id = p.id AND w.differs
"""
_CHANGED = "SELECT id FROM wanted WHERE NOT fresh AND differs"
CHANGE_LINES = (
    f"DELETE FROM project_budget WHERE project_id IN ({_CHANGED})",  # noqa: S608
    f"DELETE FROM performance_target WHERE project_id IN ({_CHANGED})",  # noqa: S608
    """
    INSERT INTO project_budget (project_id, division_code, source, amount_fen)
    SELECT w.id, w.division_code, b.key, b.value::bigint
    FROM wanted w, jsonb_each_text(w.budget) b WHERE w.fresh OR w.differs ORDER BY w.row, b.key
    """,
    """
    INSERT INTO performance_target (project_id, division_code, metric, target, unit)
    SELECT w.id, w.division_code, t.key, (t.value ->> 0)::numeric, t.value ->> 1
    FROM wanted w, jsonb_each(w.targets) t WHERE w.fresh OR w.differs ORDER BY w.row, t.key
    """,
)
# The projects that the sheet speaks of stay as they are until it is taken.
HOLD = """
    SELECT p.id FROM project p
    WHERE EXISTS (SELECT FROM stage s WHERE s.project_no = p.project_no AND left(s.division_code, 6) = p.county_code)
    ORDER BY p.id FOR UPDATE
"""
LOCK = """
    SELECT pg_advisory_xact_lock(hashtext('projects.funding' || county))
    FROM (SELECT DISTINCT left(division_code, 6) AS county FROM stage WHERE division_code IS NOT NULL ORDER BY 1) c
"""
COUNT = """
    SELECT count(*) FILTER (WHERE fresh), count(*) FILTER (WHERE NOT fresh AND differs),
           count(*) FILTER (WHERE NOT fresh AND NOT differs), count(*) FROM wanted
"""


class Counts(NamedTuple):
    added: int
    changed: int
    unchanged: int
    valid: int


async def prepare(conn: Connection) -> None:
    """Make the staging tables of this transaction."""
    columns = SQL(", ").join(SQL("{} ").format(Identifier(c.field)) + SQL(c.sql) for c in DECLARATIONS.columns)
    await conn.execute(
        SQL("CREATE TEMP TABLE stage (row integer PRIMARY KEY, opens boolean, {}) ON COMMIT DROP").format(columns)
    )
    await conn.execute(
        "CREATE TEMP TABLE stage_error (row integer, field text, code text, PRIMARY KEY (row, field)) ON COMMIT DROP"
    )


async def check(conn: Connection, today: date) -> None:
    """Hold the staged rows against each other and against the library; what is good is `wanted`."""
    await conn.execute("ANALYZE stage")
    await conn.execute(LOCK)
    await conn.execute(HOLD)
    for statement in BEFORE:
        await conn.execute(statement, {"today": today})
    await conn.execute(WANTED)
    await conn.execute("ANALYZE wanted")
    await conn.execute(DIFFERS)
    for statement in AFTER:
        await conn.execute(statement)
    await conn.execute(DROP_BAD)


async def apply(conn: Connection, today: date, actor: str, scope: str, level: str) -> Counts:
    """Declare what is new, change what differs."""
    await conn.execute(ADD, {"today": today})
    await conn.execute(TAKEN)
    await conn.execute(DROP_BAD)
    await conn.execute(ADD_STEP, {"actor": actor, "scope": scope, "level": level})
    await conn.execute(ADD_DOCUMENT)
    await conn.execute(CHANGE)
    for statement in CHANGE_LINES:
        await conn.execute(statement)
    found = await (await conn.execute(COUNT)).fetchone()
    return Counts(*found) if found else Counts(0, 0, 0, 0)


async def bad_cells(conn: Connection) -> list[tuple[int, str, str]]:
    return list(await (await conn.execute(ERRORS)).fetchall())


async def add_errors(conn: Connection, errors: list[tuple[int, str, str]]) -> None:
    async with conn.cursor() as cursor, cursor.copy(COPY_ERRORS) as copy:
        for error in errors:
            await copy.write_row(error)
