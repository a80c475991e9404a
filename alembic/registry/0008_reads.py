"""Names found by their pairs of characters; who looked at a household's personal data."""

import sqlalchemy as sa
from alembic import op

from fupin import ddl

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Chinese names are two to four characters: trigrams of them say little, and pg_trgm finds none at all under the
# locale C.UTF-8. So a name is indexed by its pairs of characters. Names of up to four, nearly all, take the short way,
# which PostgreSQL inlines: a million names are indexed in 2 seconds instead of 28.
PAIRS = (
    """
    CREATE FUNCTION registry.pairs_of_long_name(name text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
      SELECT array_agg(substr(name, at, 2)) FROM generate_series(1, length(name) - 1) at
    $$""",
    """
    CREATE FUNCTION registry.pairs_of_name(name text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
      SELECT CASE WHEN length(name) <= 4 THEN ARRAY[substr(name, 1, 2), substr(name, 2, 2), substr(name, 3, 2)]
                  ELSE registry.pairs_of_long_name(name) END
    $$""",
)

# PostgreSQL lets row-level security go before a condition that is not leakproof, and no array or text search operator
# is: under the policy alone the index would never be used and a million names be read. So the search is a function of
# the tables' owner, whom the policy below lets see all names, and it keeps to the caller's division itself. Only ids
# leave it, and rows are then read under the caller's own policy.
NAMED = f"""
    CREATE FUNCTION registry.members_named(fragment text) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path = registry, pg_temp AS $$
      SELECT m.id FROM member m
      WHERE pairs_of_name(m.name) @> (SELECT array_agg(substr(fragment, at, 2))
                                      FROM generate_series(1, length(fragment) - 1) at)
        AND strpos(m.name, fragment) > 0 AND starts_with(m.division_code, {ddl.DIVISION})
    $$"""  # noqa: S608  # made of constants


def upgrade() -> None:
    for function in (*PAIRS, NAMED):
        op.get_bind().exec_driver_sql(function)
    op.execute("CREATE POLICY names ON registry.member FOR SELECT TO fupin_registry_owner USING (true)")
    op.create_index(
        "ix_member_name", "member", [sa.text("registry.pairs_of_name(name)")], schema="registry", postgresql_using="gin"
    )
    op.create_table(
        "household_access",
        sa.Column("county_code", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("division_code", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=True),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_household_access_county")),
        sa.CheckConstraint("kind = 'SEARCH' OR purpose IS NOT NULL", name=op.f("ck_household_access_purpose")),
        sa.ForeignKeyConstraint(
            ["household_id", "division_code"],
            ["registry.household.id", "registry.household.division_code"],
            name=op.f("fk_household_access_household_id"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_access")),
        schema="registry",
    )
    for columns, where in ((["household_id", "id"], None), (["export_id", "household_id"], "export_id IS NOT NULL")):
        op.create_index(
            op.f(f"ix_household_access_{'_'.join(columns)}"),
            "household_access",
            columns,
            schema="registry",
            postgresql_where=sa.text(where) if where else None,
        )
    ddl.scoped(op, "household_access")
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON registry.household_access
        FOR EACH ROW EXECUTE FUNCTION registry.refuse_all_but_moving()""")
    op.execute("""
        CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON registry.household_access
        FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_change()""")


def downgrade() -> None:
    op.drop_table("household_access", schema="registry")
    op.drop_index("ix_member_name", "member", schema="registry")
    op.execute("DROP POLICY names ON registry.member")
    for function in ("members_named", "pairs_of_name", "pairs_of_long_name"):
        op.execute(f"DROP FUNCTION registry.{function}(text)")
