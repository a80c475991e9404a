"""
comparisons at speed: the rows of a comparison are a partition of their own

A partition is filled by CREATE TABLE AS, which PostgreSQL reads in parallel, and gets its constraints, keys and
triggers when all its rows are there. Only the schema's owner can do that, so three functions do it for the service's
login: they are told nothing but the id of a comparison that is RUNNING, and see only what the caller's division sees.
"""

from alembic import op

from fupin import ddl

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

CHECKS = {
    "comparison_row": {
        "county": "county_code = left(division_code, 6)",
        "somewhere": "base_row_no IS NOT NULL OR newer_row_no IS NOT NULL",
        "of_base": "base_row_no IS NOT NULL OR outcome NOT IN ('KEPT', 'REMOVED')",
        "of_newer": "base_row_no IS NULL OR outcome NOT IN ('ADDED', 'DROPPED')",
        "reason": "(outcome = 'REMOVED') = (reason IS NOT NULL)",
    },
    "comparison_match": {"county": "county_code = left(division_code, 6)"},
}
REFUSED = {"comparison_row": "DELETE OR TRUNCATE", "comparison_match": "UPDATE OR DELETE OR TRUNCATE"}
FROZEN = {
    "comparison_row": (("INSERT", "NEW"), ("UPDATE", "OLD"), ("UPDATE", "NEW")),
    "comparison_match": (("INSERT", "NEW"),),
}
ONE_PERSON = """uq_comparison_match_comparison_id_roster_id_roster_row_no
    UNIQUE (comparison_id, roster_id, roster_row_no)"""

# What contradicts in two rows of one person; of a row that has no other side, only that its number stands twice.
# NULL where nothing does: that is most rows.
CONTRADICTIONS = """
    CASE WHEN (n.id <> b.id OR n.no <> b.no OR n.name <> b.name OR n.category <> b.category
               OR b.twice OR n.twice) IS TRUE
        THEN nullif(array_remove(ARRAY[
            CASE WHEN n.id <> b.id THEN 'ID_NUMBER' END,
            CASE WHEN n.no <> b.no THEN 'HOUSEHOLD_NO' END,
            CASE WHEN n.name <> b.name THEN 'NAME' END,
            CASE WHEN n.category <> b.category AND n.removed_reason IS NULL THEN 'CATEGORY' END,
            CASE WHEN b.twice THEN 'TWICE_IN_BASE' END, CASE WHEN n.twice THEN 'TWICE_IN_NEWER' END],
            NULL), ARRAY[]::text[])::varchar(16)[] ELSE NULL::varchar(16)[] END
"""
PERSON = f"""
    b.row_no AS base_row_no, n.row_no AS newer_row_no, n.removed_reason, coalesce(n.place, b.place) AS place,
    coalesce(n.county, b.county) AS county,
    coalesce(n.residence, b.residence) AS residence, {CONTRADICTIONS} AS contradictions
"""
SIDE = """
    SELECT row_no, id_number_rank = 1 AS first, id_number_index AS id, id_number_copies > 1 AS twice,
           CASE WHEN id_number_rank = 1 THEN id_number_index END AS person,
           household_no AS no, household_no_copies = 1 AS no_alone, name, name_copies = 1 AS name_alone,
           county_code AS county, division_code AS place, category, residence, removed_reason
    FROM roster_row WHERE roster_id =
"""

# What a later key compares, of a row that the first one has left over; both are gone when the rows are kept. Hashes, as
# they only say where looking is worth it.
LATER_KEYS = """
    CASE WHEN n.row_no IS NULL AND b.first AND b.no_alone THEN hashtextextended(b.no, 0)
         WHEN b.row_no IS NULL AND n.no_alone THEN hashtextextended(n.no, 0) END AS by_no,
    CASE WHEN n.row_no IS NULL AND b.first AND b.name_alone THEN hashtextextended(b.name, hashtext(b.place))
         WHEN b.row_no IS NULL AND n.name_alone THEN hashtextextended(n.name, hashtext(n.place)) END AS by_name
"""

# One full join finds whom both have; a NULL key joins nothing and stays on its own side. A second base row of an ID
# number has no key: it is a row of its own, told apart by `contradictions`. A second newer row is none: its person is
# there already.
PERSONS = f"""
    SELECT {PERSON}, {LATER_KEYS}, @matched AS matched,
        CASE WHEN b.row_no IS NOT NULL AND n.row_no IS NOT NULL THEN 'ID_NUMBER'::varchar(32)
             ELSE NULL::varchar(32) END AS matched_by
    FROM ({SIDE} @base) AS b FULL JOIN ({SIDE} @newer AND id_number_rank = 1) AS n ON n.person = b.person @join
"""  # noqa: S608  # made of constants
SOURCES = """
    LEFT JOIN (SELECT DISTINCT id_number_index AS id FROM roster_row WHERE roster_id = ANY (@sources)
               AND id_number_rank = 1) AS m ON m.id = coalesce(n.person, b.person)
"""

# Each later key is tried only on rows that no earlier one has matched. LATERAL and OFFSET 0: the few rows that have
# somebody on the other side are fetched by their numbers, not by reading both rosters again.
LATER_PERSONS = f"""
    WITH left_over AS MATERIALIZED (
             SELECT ctid AS at, base_row_no, newer_row_no, by_no, by_name, matched FROM @row_table
             WHERE by_no IS NOT NULL OR by_name IS NOT NULL),
         b AS MATERIALIZED (
             SELECT b.*, p.at, p.matched FROM left_over p
             JOIN LATERAL ({SIDE} @base AND row_no = p.base_row_no OFFSET 0) AS b ON b.first
             WHERE p.newer_row_no IS NULL AND (
                 by_no IN (SELECT by_no FROM left_over WHERE base_row_no IS NULL)
                 OR by_name IN (SELECT by_name FROM left_over WHERE base_row_no IS NULL))),
         n AS MATERIALIZED (
             SELECT n.*, p.at, p.matched FROM left_over p
             JOIN LATERAL ({SIDE} @newer AND row_no = p.newer_row_no OFFSET 0) AS n ON true
             WHERE p.base_row_no IS NULL AND (
                 by_no IN (SELECT by_no FROM left_over WHERE newer_row_no IS NULL)
                 OR by_name IN (SELECT by_name FROM left_over WHERE newer_row_no IS NULL))),
         by_no AS MATERIALIZED (SELECT b.row_no AS b, n.row_no AS n FROM b JOIN n
                                ON n.no = b.no AND n.no_alone AND b.no_alone),
         by_name AS (SELECT b.row_no AS b, n.row_no AS n FROM b JOIN n
                     ON n.name = b.name AND n.place = b.place AND n.name_alone AND b.name_alone
                        AND coalesce(n.id = b.id, true) AND coalesce(n.no = b.no, true)
                     WHERE NOT EXISTS (SELECT FROM by_no WHERE by_no.b = b.row_no)
                       AND NOT EXISTS (SELECT FROM by_no WHERE by_no.n = n.row_no))
    SELECT {PERSON}, b.at AS base_at, n.at AS newer_at, b.matched OR n.matched AS matched, l.matched_by
    FROM (SELECT b, n, 'HOUSEHOLD_NO'::varchar(32) AS matched_by FROM by_no
          UNION ALL SELECT b, n, 'NAME_AND_DIVISION'::varchar(32) FROM by_name) AS l
    JOIN b ON b.row_no = l.b JOIN n ON n.row_no = l.n
"""  # noqa: S608  # made of constants

# A row of the base keeps its number; those of the newer roster alone are numbered after them. Every value has its
# column's type before any CASE, so that nothing is converted row by row; OFFSET 0 keeps PostgreSQL from working out the
# outcome anew wherever it is named.
ROWS = """
    SELECT o.county AS county_code, o.place AS division_code, @id AS comparison_id,
        coalesce(o.base_row_no, @shift + o.newer_row_no) AS row_no, o.base_row_no, o.newer_row_no, o.matched_by,
        o.outcome,
        CASE WHEN o.outcome = 'REMOVED' THEN coalesce(o.removed_reason, 'NOT_IN_NEW_DATA')::varchar(200)
             ELSE NULL::varchar(200) END AS reason,
        coalesce(o.contradictions, ARRAY[]::varchar(16)[]) AS contradictions, o.matched, o.residence{keys}
    FROM (
        SELECT p.*, CASE
            WHEN p.contradictions IS NOT NULL THEN 'CONFLICT'::varchar(32)
            WHEN p.base_row_no IS NULL AND p.removed_reason IS NULL THEN 'ADDED'::varchar(32)
            WHEN p.base_row_no IS NULL THEN 'DROPPED'::varchar(32)
            WHEN p.newer_row_no IS NULL OR p.removed_reason IS NOT NULL THEN 'REMOVED'::varchar(32)
            ELSE 'KEPT'::varchar(32) END AS outcome
        FROM ({persons} OFFSET 0) AS p OFFSET 0
    ) AS o
"""
# By their places in the table, where the few rows are found without reading it.
JOIN_LATER = """
    WITH gone AS (DELETE FROM @row_table WHERE ctid = ANY (ARRAY(SELECT newer_at FROM @left_table)))
    UPDATE @row_table p SET county_code = l.county_code, division_code = l.division_code, newer_row_no = l.newer_row_no,
        matched_by = l.matched_by, outcome = l.outcome, reason = l.reason, contradictions = l.contradictions,
        matched = l.matched, residence = l.residence
    FROM @left_table l WHERE p.ctid = ANY (ARRAY(SELECT base_at FROM @left_table)) AND p.row_no = l.row_no
"""

# A person has the newer roster's number and the base's: either finds them in a match roster, the newer one first.
HITS = f"""
    WITH m AS MATERIALIZED (SELECT roster_id, row_no, id_number_index AS id FROM roster_row
                            WHERE roster_id = ANY (@sources) AND id_number_rank = 1),
         hit AS (SELECT p.row_no, p.division_code, m.roster_id, m.row_no AS roster_row_no
                 FROM m JOIN ({SIDE} @newer AND id_number_rank = 1) AS n ON n.id = m.id
                 JOIN @row_table p ON p.newer_row_no = n.row_no
                 UNION ALL
                 SELECT p.row_no, p.division_code, m.roster_id, m.row_no
                 FROM m JOIN ({SIDE} @base AND id_number_rank = 1) AS b ON b.id = m.id
                 JOIN @row_table p ON p.base_row_no = b.row_no AND p.newer_row_no IS NULL)
    SELECT left(division_code, 6)::varchar(6) COLLATE "C" AS county_code, division_code, @id AS comparison_id,
           row_no, roster_id, roster_row_no, 'ID_NUMBER'::varchar(32) AS matched_by
    FROM hit
"""  # noqa: S608  # made of constants
SOUGHT = f"""
    SELECT m.* FROM ({SIDE} @source) AS m
    WHERE NOT EXISTS (SELECT FROM @match_table h WHERE h.roster_id = @source AND h.roster_row_no = m.row_no)
"""  # noqa: S608  # made of constants
# A row of the match roster stands for one person, and a person keeps the match of the earliest key.
LATER_HITS = f"""
    WITH hit AS (
        INSERT INTO @match_table (county_code, division_code, comparison_id, row_no, roster_id, roster_row_no,
                                  matched_by)
        SELECT DISTINCT ON (m.row_no) p.county_code, p.division_code, p.comparison_id, p.row_no, @source, m.row_no,
               '{{matched_by}}'
        FROM @left_table m JOIN ({SIDE} @{{side}}) AS s ON {{key}} JOIN @row_table p ON p.{{side}}_row_no = s.row_no
        WHERE NOT EXISTS (SELECT FROM @match_table h WHERE h.roster_id = @source AND h.row_no = p.row_no)
        ORDER BY m.row_no, p.row_no
        RETURNING row_no, roster_row_no),
    found AS (DELETE FROM @left_table m USING hit WHERE m.row_no = hit.roster_row_no)
    UPDATE @row_table p SET matched = true FROM hit WHERE p.row_no = hit.row_no AND NOT p.matched
"""  # noqa: S608  # made of constants
BY_NO = "m.no = s.no AND m.no_alone AND s.no_alone"
BY_NAME = """m.name = s.name AND m.place = s.place AND m.name_alone AND s.name_alone
             AND coalesce(m.id = s.id, true) AND coalesce(m.no = s.no, true)"""
MATCH_KEYS = (
    ("ID_NUMBER", "base", "m.id = s.id AND m.first"),
    ("HOUSEHOLD_NO", "newer", BY_NO),
    ("HOUSEHOLD_NO", "base", BY_NO),
    ("NAME_AND_DIVISION", "newer", BY_NAME),
    ("NAME_AND_DIVISION", "base", BY_NAME),
)

# `@row_table`, `@base` ... in a statement: this comparison's own tables, and its values as literals.
SAID = """
    CREATE FUNCTION registry.comparison_said(v registry.comparison, p_statement text, p_source uuid) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = registry, pg_temp AS $$
    DECLARE
      v_name text;
      v_said text := replace(p_statement, '@id', quote_literal(v.id) || '::uuid');
    BEGIN
      FOREACH v_name IN ARRAY ARRAY['row', 'match', 'left'] LOOP
        v_said := replace(v_said, '@' || v_name || '_table',
                          'registry.comparison_' || v_name || '_' || replace(v.id::text, '-', ''));
      END LOOP;
      v_said := replace(v_said, '@sources', quote_literal(v.match_roster_ids) || '::uuid[]');
      v_said := replace(v_said, '@source', quote_nullable(p_source) || '::uuid');
      v_said := replace(v_said, '@base', quote_literal(v.base_roster_id) || '::uuid');
      v_said := replace(v_said, '@newer', quote_literal(v.newer_roster_id) || '::uuid');
      RETURN replace(v_said, '@shift', coalesce((SELECT max(row_no) FROM roster_row
                                                 WHERE roster_id = v.base_roster_id), 0)::text);
    END $$"""

# Rosters come and go faster than autovacuum counts them: taken for a handful of rows, they would be joined by loops.
FUNCTION = """
    CREATE FUNCTION registry.{name}(p_comparison uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = registry, pg_temp SET work_mem = '256MB' SET maintenance_work_mem = '256MB'
    SET enable_nestloop = off SET enable_mergejoin = off SET jit = off AS $function$
    DECLARE
      v registry.comparison; v_source uuid; v_more boolean;
    BEGIN
      SELECT * INTO STRICT v FROM comparison WHERE id = p_comparison AND state = 'RUNNING';
      {body}
    END $function$"""


def upgrade() -> None:
    for table in CHECKS:
        _remade(table, "PARTITION BY LIST (comparison_id)")
    _run(SAID)
    for name, body in (("pair_rosters", _pair()), ("match_rosters", _match()), ("keep_comparison", _keep())):
        _run(FUNCTION.format(name=name, body=body))
    _run("REVOKE EXECUTE ON FUNCTION registry.comparison_said FROM fupin_registry")


def downgrade() -> None:
    for function in ("keep_comparison", "match_rosters", "pair_rosters", "comparison_said"):
        _run(f"DROP FUNCTION registry.{function}")
    for table in CHECKS:
        _remade(table, "")


def _pair() -> str:
    def classified(matched: str, sources: str) -> str:
        persons = PERSONS.replace("@matched", matched).replace("@join", sources)
        return _does("CREATE TABLE @row_table AS " + ROWS.format(persons=persons, keys=", o.by_no, o.by_name"))

    return f"""
      IF cardinality(v.match_roster_ids) = 0 THEN {classified("false", "")}
      ELSE {classified("m.id IS NOT NULL", SOURCES)} END IF;
      {_does("CREATE TABLE @left_table AS " + ROWS.format(persons=LATER_PERSONS, keys=", o.base_at, o.newer_at"))}
      {ANY_LEFT}
      IF v_more THEN {_does(JOIN_LATER)} END IF;
      {_does("DROP TABLE @left_table")}"""


def _match() -> str:
    def later(matched_by: str, side: str, key: str) -> str:
        return f"""
        {ANY_LEFT}
        IF v_more THEN {_does(LATER_HITS.format(matched_by=matched_by, side=side, key=key))} END IF;"""

    return f"""
      IF cardinality(v.match_roster_ids) > 0 THEN {_does("CREATE TABLE @match_table AS " + HITS)} END IF;
      FOREACH v_source IN ARRAY v.match_roster_ids LOOP
        {_does("CREATE TABLE @left_table AS " + SOUGHT)}
        {"".join(later(*one) for one in MATCH_KEYS)}
        {_does("DROP TABLE @left_table")}
      END LOOP;"""


def _keep() -> str:
    """From here on the rows are the table's own: what it demands, they fulfil; nobody reaches them but through it."""
    index = "CREATE INDEX ON @row_table (outcome, row_no) WHERE outcome <> 'KEPT'"
    return f"""
      {
        _does(
            _demands(
                "comparison_row",
                "PRIMARY KEY (row_no, comparison_id)",
                "DROP by_no",
                "DROP by_name",
                "ALTER contradictions SET DEFAULT '{{}}'",
                "ALTER matched SET DEFAULT false",
            )
        )
    }
      {_does(index)}
      {_attached("comparison_row")}
      IF cardinality(v.match_roster_ids) > 0 THEN
        {
        _does(
            _demands(
                "comparison_match",
                "PRIMARY KEY (comparison_id, row_no, roster_id)",
                "ADD UNIQUE (comparison_id, roster_id, roster_row_no)",
            )
        )
    }
        {_attached("comparison_match")}
      END IF;"""


def _demands(table: str, primary: str, *others: str) -> str:
    missing = {
        "comparison_row": ("outcome", "contradictions", "matched"),
        "comparison_match": ("roster_id", "roster_row_no", "matched_by"),
    }[table]
    filled = [f"ALTER {column} SET NOT NULL" for column in ("county_code", "division_code", *missing)]
    closed = ("ENABLE ROW LEVEL SECURITY", "FORCE ROW LEVEL SECURITY")
    demanded = ", ".join(
        [*filled, "ADD CHECK (comparison_id = @id)", *_checks(table), "ADD " + primary, *others, *closed]
    )
    return f"ALTER TABLE @{table.removeprefix('comparison_')}_table {demanded}"


def _checks(table: str) -> list[str]:
    return [f"ADD CONSTRAINT ck_{table}_{name} CHECK ({check})" for name, check in CHECKS[table].items()]


def _attached(table: str) -> str:
    part = f"@{table.removeprefix('comparison_')}_table"
    attach = f"ALTER TABLE registry.{table} ATTACH PARTITION {part} FOR VALUES IN (@id)"
    return "".join(map(_does, [f"REVOKE ALL ON {part} FROM fupin_registry", *_guards(table, part), attach]))


def _guards(table: str, part: str) -> list[str]:
    """A statement's triggers fire on the table that it names: the parent has them, and each partition for itself."""
    return [
        f"""CREATE TRIGGER append_only BEFORE {REFUSED[table]} ON {part}
            FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_change()""",
        f"ALTER TABLE {part} ENABLE ALWAYS TRIGGER append_only",
        *(
            f"""CREATE TRIGGER frozen_{event.lower()}_{rows.lower()} AFTER {event} ON {part} REFERENCING {rows} TABLE
                AS fresh FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_rows_of_a_closed_comparison()"""
            for event, rows in FROZEN[table]
        ),
    ]


def _does(statement: str, into: str = "") -> str:
    return f"EXECUTE registry.comparison_said(v, $q${statement}$q$, v_source){into};\n"


ANY_LEFT = _does("SELECT EXISTS (SELECT FROM @left_table)", " INTO v_more")


def _remade(table: str, kind: str) -> None:
    """The table anew with the rows it has, and all that guards it. `kind` says whether it is partitioned."""
    key, others = {
        "comparison_row": ("row_no, comparison_id", ()),
        "comparison_match": ("comparison_id, row_no, roster_id", (f"ADD CONSTRAINT {ONE_PERSON}",)),
    }[table]
    name = f"registry.{table}"
    _run(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")
    _run(f"CREATE TABLE {name}_new (LIKE {name} INCLUDING DEFAULTS) {kind}")
    _run(f"ALTER TABLE {name}_new " + ", ".join(_checks(table)))
    if kind:
        _run(PARTITIONS.format(table=table, guards="".join(f"EXECUTE replace($q${one}$q$, '@part', v_part);"
                                                           for one in _guards(table, "@part"))))  # fmt: skip
    _run(f"INSERT INTO {name}_new SELECT * FROM {name}")  # noqa: S608  # made of constants
    if table == "comparison_row":
        _run("ALTER TABLE registry.comparison_resolution DROP CONSTRAINT fk_comparison_resolution_comparison_id")
    _run(f"DROP TABLE {name}")
    _run(f"ALTER TABLE {name}_new RENAME TO {table}")
    _run(f"ALTER TABLE {name} " + ", ".join([f"ADD CONSTRAINT pk_{table} PRIMARY KEY ({key})", *others]))
    if table == "comparison_row":
        _run(f"""CREATE INDEX ix_comparison_row_outcome_row_no ON {name} (outcome, row_no)
                 WHERE outcome <> 'KEPT'""")
        _run(f"""ALTER TABLE registry.comparison_resolution ADD CONSTRAINT fk_comparison_resolution_comparison_id
                 FOREIGN KEY (comparison_id, row_no) REFERENCES {name} (comparison_id, row_no)""")
    ddl.scoped(op, table)
    _run(f"REVOKE {REFUSED[table].replace(' OR', ',')} ON {name} FROM fupin_registry")
    for statement in _guards(table, name):
        _run(statement)


# A partition for each comparison that has rows.
PARTITIONS = """
    DO $$ DECLARE v_id uuid; v_part text; BEGIN
      FOR v_id IN SELECT DISTINCT comparison_id FROM registry.{table} LOOP
        v_part := 'registry.{table}_' || replace(v_id::text, '-', '');
        EXECUTE format('CREATE TABLE %s PARTITION OF registry.{table}_new FOR VALUES IN (%L)', v_part, v_id);
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', v_part);
        EXECUTE format('REVOKE ALL ON %s FROM fupin_registry', v_part);
        {guards}
      END LOOP;
    END $$"""


def _run(statement: str) -> None:
    """As the driver takes it: `%`, `:` and `{}` mean nothing here."""
    op.get_bind().connection.driver_connection.execute(statement)
