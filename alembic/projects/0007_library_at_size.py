"""A library of tens of thousands: counted from an index alone, and searched by common words along its key."""

from alembic import op

from fupin import ddl

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# More titles than this, and the key's index finds a page of them sooner than sorting all of them does.
COMMON = 1000

TABLES = ("project", "project_budget")


def upgrade() -> None:
    for statement in (*INDEXES, TITLE_IS_COMMON):
        _run(statement)
    for table in TABLES:
        _run(f"ALTER POLICY division ON projects.{table} USING ({AS_RANGE})")


def downgrade() -> None:
    _run("DROP FUNCTION projects.title_is_common(text)")
    for table in TABLES:
        _run(f"ALTER POLICY division ON projects.{table} USING (starts_with(division_code, {ddl.DIVISION}))")
    _run("DROP INDEX projects.ix_project_division_code_category_state, projects.ix_project_budget_division_code")
    _run("DROP INDEX projects.ix_project_division_code_id")
    _run("CREATE INDEX ix_project_division_code_id ON projects.project (division_code, id)")


def _run(statement: str) -> None:
    op.get_bind().connection.driver_connection.execute(statement)


# The first is small, as equal keys share their place in it, and so the one to count from.
INDEXES = (
    "CREATE INDEX ix_project_division_code_category_state ON projects.project (division_code, category, state)",
    "DROP INDEX projects.ix_project_division_code_id",
    "CREATE INDEX ix_project_division_code_id ON projects.project (division_code, id) INCLUDE (category, state)",
    """
    CREATE INDEX ix_project_budget_division_code ON projects.project_budget (division_code)
    INCLUDE (project_id, amount_fen)""",
)

# The codes that begin with the division: all digits, which a colon follows. PostgreSQL looks up such a range in an
# index, where it would hold `starts_with` against every row: most of what counting a library takes.
AS_RANGE = f"division_code >= {ddl.DIVISION} AND division_code < {ddl.DIVISION} || ':'"

# Asked as the tables' owner, within the caller's own division, as `projects_titled` is, and for the same reason.
TITLE_IS_COMMON = f"""
    CREATE FUNCTION projects.title_is_common(fragment text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = projects, pg_temp AS $$
      SELECT count(*) > {COMMON} FROM (
        SELECT FROM project p
        WHERE pairs_of_title(p.title) @> pairs_of_title(fragment) AND starts_with(p.division_code, {ddl.DIVISION})
        LIMIT {COMMON + 1}) found
    $$"""  # noqa: S608  # made of constants
