"""Row-level security attacked from SQL, with each service's own login: what a forgotten filter could show."""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from fupin.auth import Principal
from fupin.db import begun, transaction
from fupin.postgres import Server
from fupin.settings import SERVICES
from tests.conftest import PASSWORD, Api, _plain
from tests.contracts import filling

# Seen by every division, and why. Whatever is not named here must be closed.
SHARED = {
    "distribution": "what the county gives notice of, its towns read",
    "distribution_rule": "the rule by which the notice was reckoned",
    "enterprise": "an enterprise's entry is public",
    "helper": "a cadre of a county department helps households of any town",
}
# Tables without row-level security: lists of the county and the kernel's own. They name no person and no place.
OPEN = {
    "alembic_version", "audit_seal", "idempotency",
    "eligibility_rule", "medical_line", "pathway", "poverty_line", "procedure_rule", "procedure_transition",
    "status_transition", "village_item", "checklist", "question", "finding_counter",
}  # fmt: skip
RELATIONS = """
SELECT c.relname, c.relkind::text, c.relrowsecurity FROM pg_class c
WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
  AND c.relname !~ '^procrastinate_' ORDER BY 1"""

DEFINERS = """
SELECT p.proname, array(SELECT format_type(t, NULL) FROM unnest(p.proargtypes::oid[]) t) FROM pg_proc p
WHERE p.pronamespace = %s::regnamespace AND p.prosecdef AND p.prorettype <> 'trigger'::regtype
  AND p.proname !~ '^procrastinate_' AND has_function_privilege(current_user, p.oid, 'EXECUTE') ORDER BY 1"""

ARGUMENTS: dict[str, Any] = {
    "uuid": filling.ID, "text": filling.MARK[:2], "bigint": 1, "integer": 1, "date": filling.DAY, "boolean": True,
    "bytea": b"\x02" * 32, "jsonb": "{}", "character": filling.COUNTY, "character varying": filling.COUNTY, "xid8": "1",
}  # fmt: skip


class Attacker:
    """One service's login, saying which division it acts in."""

    def __init__(self, url: str) -> None:
        self.db = psycopg.connect(url, autocommit=True)

    def rows(self, statement: str, division: str | None, *parameters: Any) -> list[Any]:
        with self.db.transaction():
            if division is not None:
                self.db.execute("SELECT set_config('fupin.division', %s, true)", (division,))
                self.db.execute("SELECT set_config('fupin.actor', 'attacker', true)")
            return self.db.execute(statement, parameters or None).fetchall()

    def tried(self, statement: str, division: str, *parameters: Any) -> str:
        """What came of it in words, refusals too."""
        try:
            return repr(self.rows(statement, division, *parameters))
        except psycopg.DatabaseError as refused:
            return str(refused)


@pytest.fixture
def filled(server: Server, database: str) -> set[tuple[str, str]]:
    return filling.fill(_plain(server.url(database)))


@pytest.fixture
def attackers(server: Server, database: str) -> Iterator[dict[str, Attacker]]:
    found = {name: Attacker(_plain(server.url(database, f"fupin_{name}", PASSWORD))) for name in SERVICES}
    yield found
    for attacker in found.values():
        attacker.db.close()


def test_no_table_or_view_shows_a_row_to_another_town(
    filled: set[tuple[str, str]], attackers: dict[str, Attacker], subtests: pytest.Subtests
) -> None:
    for service, attacker in attackers.items():
        for relation, kind, guarded in attacker.rows(RELATIONS, None, service):
            with subtests.test(f"{service}.{relation}"):
                assert kind != "m", "a materialised view has no row-level security"
                if relation in OPEN:
                    assert not guarded
                    continue
                assert guarded or kind == "v"
                asked = f"SELECT t::text FROM {service}.{relation} t"
                for division in (None, "", filling.ELSEWHERE, filling.ELSEWHERE + "201", "999999"):
                    seen = attacker.rows(asked, division)
                    assert seen == [] or (relation in SHARED and division)
                if (service, relation) in filled:
                    assert attacker.rows(asked, filling.TOWN) or attacker.rows(asked, filling.COUNTY), "nothing to hide"


@pytest.mark.usefixtures("filled")
def test_no_function_acts_on_a_row_of_another_town(
    attackers: dict[str, Attacker], server: Server, database: str, subtests: pytest.Subtests
) -> None:
    before, called = filling.rows(_plain(server.url(database))), 0
    for service, attacker in attackers.items():
        for name, kinds in attacker.rows(DEFINERS, None, service):
            given = [[ARGUMENTS[kind.removesuffix("[]")]] if kind.endswith("[]") else ARGUMENTS[kind] for kind in kinds]
            casts = ", ".join(f"%s::{kind}" for kind in kinds)
            with subtests.test(f"{service}.{name}"):
                called += 1
                said = attacker.tried(f"SELECT f::text FROM {service}.{name}({casts}) f", filling.ELSEWHERE, *given)
                assert filling.ID not in said
                assert filling.MARK not in said
    assert called > 20
    assert filling.rows(_plain(server.url(database))) == before


def test_no_login_owns_or_bypasses(attackers: dict[str, Attacker]) -> None:
    for service, attacker in attackers.items():
        asked = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        assert attacker.rows(asked, None) == [(False, False, False, False)]
        owned = "SELECT relname FROM pg_class WHERE relowner = current_user::regrole"
        assert attacker.rows(owned, None) == [], service
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            attacker.rows(f"SET ROLE fupin_{service}_owner", None)
        attacker.db.execute("SET row_security = off")  # asked to show everything, PostgreSQL refuses
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            attacker.rows(f"SELECT * FROM {service}.operation", None)


async def test_a_pooled_connection_forgets_whose_it_was(registry: Api) -> None:
    """After a commit, a rollback and a failed statement alike."""
    filling.fill(registry.admin_dsn)
    runtime = registry.runtime
    ours = Principal("li", "li", frozenset(), filling.TOWN)
    counted = text("SELECT count(*), current_setting('fupin.division', true) FROM household")

    class GivenUp(Exception):
        pass

    for fails in (None, GivenUp(), psycopg.errors.DivisionByZero()):
        for _ in range(runtime.settings.pool_size):
            try:
                async with transaction(runtime, ours) as db:
                    assert (await db.execute(counted)).one()[0] == 1
                    if fails:
                        raise fails
            except (GivenUp, psycopg.errors.DivisionByZero):
                pass
            async with begun(runtime) as db:
                rows, division = (await db.execute(counted)).one()
                assert (rows, division or "") == (0, "")


def test_every_policy_compares_with_the_division(server: Server, database: str) -> None:
    """A policy that is simply true lets everybody in: only the owner's own functions may have one."""
    with psycopg.connect(_plain(server.url(database))) as db:
        for schema, table, roles, rule in db.execute(
            "SELECT schemaname, tablename, roles::text, coalesce(qual, with_check) FROM pg_policies"
        ):
            through = re.search(rf"FROM {schema}\.(\w+)", rule or "")  # as its parent row is
            if schema in SERVICES and not through and "fupin.division" not in (rule or ""):
                assert roles == f"{{fupin_{schema}_owner}}", f"{schema}.{table}: {rule}"
