"""A backup comes back on a new server: every row, seal and figure; and what cannot come back is refused by name."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import make_url

from fupin import backups, restores
from fupin.auth import Verifier
from fupin.cli import work
from fupin.postgres import Server
from fupin.settings import SERVICES, Settings
from fupin.supervisor.databases import Databases
from fupin.trouble import Trouble
from fupin.urls import libpq
from tests.conftest import PASSWORD, Api
from tests.platform.running import running
from tests.registry.files import HOUSEHOLDS, csv_file, imported, person
from tests.registry.world import divisions

WORD = "a passphrase for tests"
AS_OF = "2018-05-17"
# what guards the record: rights, policies, triggers, defaults of every table, and who may run what
GUARDS = """
    SELECT 'table', c.relname,
           pg_temp.sorted(coalesce(c.relacl, acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END,
                                                          relowner))),
           c.relrowsecurity::text || c.relforcerowsecurity::text
    FROM pg_class c WHERE c.relnamespace = %(s)s::regnamespace AND c.relkind IN ('r', 'p', 'S', 'v')
    UNION ALL SELECT 'column', attrelid::regclass::text || '.' || attname, pg_temp.sorted(attacl), ''
    FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
    WHERE c.relnamespace = %(s)s::regnamespace AND attacl <> '{}'
    UNION ALL SELECT 'policy', tablename || '.' || policyname, cmd || roles::text, concat(qual, '|', with_check)
    FROM pg_policies WHERE schemaname = %(s)s::text
    UNION ALL SELECT 'trigger', tgrelid::regclass::text || '.' || tgname, tgenabled::text,
           tgfoid::regproc::text || tgtype
    FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE c.relnamespace = %(s)s::regnamespace AND NOT tgisinternal
    UNION ALL SELECT 'function', p.oid::regprocedure::text,
           pg_temp.sorted(coalesce(proacl, acldefault('f', proowner))), prosrc
    FROM pg_proc p WHERE pronamespace = %(s)s::regnamespace
    UNION ALL SELECT 'default', defaclobjtype::text, pg_temp.sorted(defaclacl), '' FROM pg_default_acl
    WHERE defaclnamespace = %(s)s::regnamespace
    UNION ALL SELECT 'schema', nspname, pg_temp.sorted(nspacl), nspowner::regrole::text FROM pg_namespace
    WHERE nspname = %(s)s::text
    ORDER BY 1, 2"""


def quiet(_: str) -> None: ...


SORTED = """
    CREATE FUNCTION pg_temp.sorted(aclitem[]) RETURNS text LANGUAGE sql AS $$
      SELECT string_agg(one::text, ' ' ORDER BY one::text) FROM unnest($1) AS one
    $$"""


def guards(url: str) -> set[tuple[Any, ...]]:
    with psycopg.connect(libpq(make_url(url))) as connection:
        connection.execute("SET search_path = ''")
        connection.execute(SORTED)
        return {row for service in SERVICES for row in connection.execute(GUARDS, {"s": service}).fetchall()}


async def figures(services: Mapping[str, Api]) -> dict[str, Any]:
    return {name: (await services[name].get("/v1/figures", params={"as_of": AS_OF})).json() for name in SERVICES}


async def test_a_backup_comes_back_on_a_new_server_whole_and_goes_on(
    server: Server, database: str, base_settings: Settings, services: dict[str, Api], apps: Mapping[str, FastAPI],
    verifier: Verifier, tmp_path: Path,
) -> None:  # fmt: skip
    registry, funds = services["registry"], services["funds"]
    await divisions(registry)
    await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, [person(n, n) for n in range(1, 21)]))
    receipt = {"kind": "DONATION", "amount_fen": 10_000_000, "payer": "邻市"}
    assert (await funds.as_("finance-maker").post("/v1/receipts", key="r1", json=receipt)).status_code == 201
    for service in SERVICES:
        await services[service].runtime.keep_house()
    with psycopg.connect(libpq(make_url(server.url(database))), autocommit=True) as connection:
        restores._advance(connection, 50_000, quiet)  # an old server: a new one would count from the beginning
    before = await figures(services)
    old = base_settings.model_copy(update={"database_url": server.url(database)})
    file, home = tmp_path / "record.tar", tmp_path / "home"

    manifest = backups.make(old, file, WORD, quiet)

    assert manifest["services"]["registry"]["rows"]["household"] == 20
    assert file.stat().st_mode & 0o777 == 0o600
    assert (base_settings.home / "secrets" / "pii-keys").read_bytes() not in file.read_bytes()
    new = base_settings.model_copy(update={"home": home, "pool_size": 2})
    with pytest.raises(Trouble, match="passphrase is not the one"):
        restores.restore(new, file, "another passphrase", quiet)
    assert not home.exists()
    restores.restore(new, file, WORD, quiet)
    databases = Databases(new)
    try:
        with work.databases_up(new):
            there, here = guards(server.url(database)), guards(databases.administering("registry"))
            assert (there - here, here - there) == (set(), set())
            async with running(new, apps, verifier) as restored:
                await _goes_on(restored, before, manifest["services"]["registry"])
            assert work.audits_hold(databases)
            assert work.ledger_holds(new)
        with pytest.raises(Trouble, match="already holds a record"):
            restores.restore(new, file, WORD, quiet)
    finally:
        assert databases.server is not None
        databases.server.remove()


async def _goes_on(services: dict[str, Api], before: dict[str, Any], was: dict[str, Any]) -> None:
    """The same figures; the restored keys open; what is written and sealed next breaks no seal."""
    assert await figures(services) == before
    registry, maker = services["registry"], services["funds"].as_("finance-maker")
    found = (await registry.get("/v1/households")).json()["items"]
    shown = await registry.post(f"/v1/households/{found[0]['id']}:unmask", json={"purpose": "核对发放名单"})
    assert shown.json()["members"][0]["id_number"].startswith("990000")
    receipt = {"kind": "DONATION", "amount_fen": 5_000_000, "payer": "邻市"}
    assert (await maker.post("/v1/receipts", key="r2", json=receipt)).status_code == 201
    for service in SERVICES:
        await services[service].runtime.keep_house()
    [[seals, upto]] = await registry.sql("SELECT count(*), max(upto)::text::bigint FROM audit_seal")
    assert seals == was["rows"]["audit_seal"] + 1
    assert upto > was["xid"]


@pytest.fixture
def small(server: Server, database: str, base_settings: Settings, tmp_path: Path) -> Path:
    """A backup of an empty record."""
    base_settings.secret("cursor")
    file = tmp_path / "small.tar"
    backups.make(base_settings.model_copy(update={"database_url": server.url(database)}), file, WORD, quiet)
    return file


def rewritten(file: Path, **changes: Any) -> Path:
    """The same backup with another manifest, as a newer fupin would have written it."""
    made = file.with_name("rewritten.tar")
    with tarfile.open(file) as archive, tarfile.open(made, "w") as into:
        manifest = json.loads(backups.part(archive, backups.MANIFEST).read())
        for name in (*manifest["sha256"], backups.MANIFEST, backups.MANIFEST_HASH):
            content = backups.part(archive, name).read()
            if name == backups.MANIFEST:
                content = json.dumps(manifest | changes).encode()
            elif name == backups.MANIFEST_HASH:
                content = hashlib.sha256(json.dumps(manifest | changes).encode()).hexdigest().encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            into.addfile(entry, io.BytesIO(content))
    return made


def test_what_cannot_come_back_is_refused_by_name_and_changes_nothing(
    small: Path, server: Server, database: str, base_settings: Settings, tmp_path: Path
) -> None:
    new = Settings(home=tmp_path / "home", division=base_settings.division)
    whole = small.read_bytes()
    with tarfile.open(small) as archive:
        at = archive.getmember("registry.dump").offset_data + 5000
    for content in (
        whole[: len(whole) // 2],
        whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :],
        b"no backup at all",
    ):
        small.write_bytes(content)
        with pytest.raises(Trouble, match="damaged"):
            restores.restore(new, small, WORD, quiet)
    small.write_bytes(whole)
    for changes in ({"format": backups.FORMAT + 1}, {"fupin": "999.0.0"}):
        with pytest.raises(Trouble, match="newer than this one"):
            restores.restore(new, rewritten(small, **changes), WORD, quiet)
    with pytest.raises(Trouble, match="without secrets"):
        restores.restore(new, rewritten(small, secrets=False), None, quiet)
    with pytest.raises(Trouble, match="sealed with a passphrase"):
        restores.restore(new, small, None, quiet)
    assert not (tmp_path / "home").exists()
    passwords = {f"{service}_database_password": PASSWORD for service in SERVICES}
    used = new.model_copy(update={"database_url": server.url(database), **passwords})
    with pytest.raises(Trouble, match="registry already holds tables"):
        restores.restore(used, small, WORD, quiet)
    assert list((tmp_path / "home" / "secrets").iterdir()) == []


def test_what_does_not_come_back_whole_leaves_nothing(
    small: Path, server: Server, admin: psycopg.Connection, base_settings: Settings, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    passwords = {f"{service}_database_password": PASSWORD for service in SERVICES}
    url = server.url("fupin_half")
    new = Settings(home=tmp_path / "home", division=base_settings.division, database_url=url)
    monkeypatch.setattr(backups, "rows", lambda _connection, _service: {"household": 1})
    with pytest.raises(Trouble, match=r"registry did not come back whole: .*household"):
        restores.restore(new.model_copy(update=passwords), small, WORD, quiet)
    with psycopg.connect(libpq(make_url(url))) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('registry')")
        assert tables.fetchone() == (0,)
    assert list((tmp_path / "home" / "secrets").iterdir()) == []
    admin.execute("DROP DATABASE fupin_half")
