"""Who did what, when and why: recorded by the database, readable by those who may, provably unchanged."""

import psycopg
import pytest

from tests.conftest import Api

TABLE = """
    CREATE TABLE registry.secret_thing (id int PRIMARY KEY, name text, phone text, version int NOT NULL DEFAULT 1)"""


@pytest.fixture
async def audited(registry: Api) -> Api:
    """A table that leaves audit rows and hides its `phone`."""
    await registry.admin_sql(TABLE)
    await registry.admin_sql("GRANT ALL ON registry.secret_thing TO fupin_registry")
    for action, tables in (
        ("INSERT", "NEW TABLE AS fresh"),
        ("UPDATE", "OLD TABLE AS stale NEW TABLE AS fresh"),
        ("DELETE", "OLD TABLE AS stale"),
    ):
        await registry.admin_sql(
            f"CREATE TRIGGER audit_{action} AFTER {action} ON registry.secret_thing REFERENCING {tables} "
            "FOR EACH STATEMENT EXECUTE FUNCTION registry.audit_change('id', 'phone')"
        )
    return registry


async def test_a_write_leaves_who_and_what_but_not_what_is_hidden(audited: Api) -> None:
    await audited.sql("INSERT INTO secret_thing VALUES (1, 'a', '13800000000')")
    await audited.sql("UPDATE secret_thing SET name = 'b', phone = '13900000000'")
    await audited.sql("UPDATE secret_thing SET name = 'b'")
    await audited.sql("DELETE FROM secret_thing")

    entries = (await audited.as_("auditor").get("/v1/audit?kind=secret_thing")).json()["items"]

    assert [(e["action"], e["actor"], e["object_id"], e["change"]) for e in entries] == [
        ("DELETE", "tester", "1", {"id": 1, "name": "b", "version": 1}),
        ("UPDATE", "tester", "1", {"name": ["a", "b"], "phone": "changed"}),
        ("INSERT", "tester", "1", {"id": 1, "name": "a", "version": 1}),
    ]


async def test_only_who_may_reads_it_and_only_in_the_own_division(audited: Api) -> None:
    await audited.sql("INSERT INTO secret_thing VALUES (1)")
    await audited.sql("INSERT INTO secret_thing VALUES (2)", division="230882101")

    refused = await audited.as_("village-cadre", "230882101").get("/v1/audit")
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient-scope")
    town = (await audited.as_("auditor", "230882101").get("/v1/audit?kind=secret_thing")).json()["items"]
    assert [entry["object_id"] for entry in town] == ["2"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'nobody'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "INSERT INTO audit (actor, division, request_id, action, kind, object_id) VALUES ('a', '', '', 'a', 'a', 'a')",
        "DELETE FROM audit_seal",
        "INSERT INTO audit_seal (upto, entries, hash) VALUES ('0', 0, '')",
    ],
)
async def test_the_services_login_cannot_change_it(audited: Api, statement: str) -> None:
    await audited.sql("INSERT INTO secret_thing VALUES (1)")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await audited.sql(statement)


async def test_not_even_a_superuser_changes_it_by_accident(audited: Api) -> None:
    await audited.sql("INSERT INTO secret_thing VALUES (1)")

    for statement in ("UPDATE registry.audit SET actor = 'x'", "DELETE FROM registry.audit", "TRUNCATE registry.audit"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            await audited.admin_sql(statement)


async def sealed(api: Api) -> None:
    """Seal until nothing is left: a transaction anywhere on the server makes a seal wait for it."""
    unsealed = "SELECT count(*) - (SELECT coalesce(sum(entries), 0) FROM registry.audit_seal) FROM registry.audit"
    for _ in range(100):
        await api.runtime.keep_house()
        if await api.admin_sql(unsealed) == [(0,)]:
            return
    raise AssertionError("never sealed")


async def test_a_changed_entry_breaks_the_chain_of_seals(audited: Api) -> None:
    for number in range(3):
        await audited.sql("INSERT INTO secret_thing VALUES (%s)", number)
        await sealed(audited)
    assert await audited.sql("SELECT audit_broken_seal()") == [(None,)]
    seals = await audited.sql("SELECT array_agg(id ORDER BY id) FROM audit_seal")

    await audited.admin_sql("ALTER TABLE registry.audit DISABLE TRIGGER append_only")
    await audited.admin_sql("UPDATE registry.audit SET actor = 'somebody else' WHERE object_id = '1'")

    assert await audited.sql("SELECT audit_broken_seal()") == [(seals[0][0][-2],)]


async def test_a_seal_waits_for_who_is_still_writing_and_then_takes_them_in(audited: Api) -> None:
    async def covered() -> int:
        [(entries,)] = await audited.sql("SELECT coalesce(sum(entries), 0)::int FROM audit_seal")
        return entries

    await sealed(audited)
    before = await covered()
    await audited.sql("INSERT INTO secret_thing VALUES (1)")
    async with await psycopg.AsyncConnection.connect(audited.admin_dsn) as slow:
        await slow.execute("SET LOCAL search_path = registry")
        await slow.execute("INSERT INTO secret_thing VALUES (2)")
        await audited.sql("INSERT INTO secret_thing VALUES (3)")
        await audited.runtime.keep_house()
        assert before <= await covered() <= before + 1
        await slow.commit()
    await sealed(audited)

    assert await covered() == before + 3
    assert await audited.sql("SELECT audit_broken_seal()") == [(None,)]
