"""Keys of personal data are rotated while the services work: nothing is lost, nothing needs the old key."""

import asyncio
from unittest.mock import Mock

import psycopg
import pytest

from fupin import crypto, rotation
from fupin.cli import keys
from fupin.crypto import Unsealable, Vault
from fupin.postgres import Server
from fupin.settings import SERVICES, Settings
from services.projects.models.sealed import SEALED as IN_PROJECTS
from services.registry.models.sealed import SEALED
from tests.conftest import Api
from tests.registry.files import HOUSEHOLDS, csv_file, imported, person
from tests.registry.world import TOWN, divisions, household


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crypto, "LOOK", 0.05)
    monkeypatch.setattr(rotation, "LOOK", -0.8)


async def test_every_sealed_column_is_told_with_its_context(server: Server, database: str) -> None:
    told: dict[str, dict[str, str]] = {"registry": SEALED, "projects": IN_PROJECTS}
    with psycopg.connect(server.url(database).replace("+psycopg", "")) as connection:
        for service in SERVICES:
            found = rotation.columns(connection, service, told.get(service, {}))
            assert {f"{column.table}.{column.name}" for column in found} == set(told.get(service, {}))


@pytest.mark.usefixtures("quick")
async def test_keys_are_rotated_under_writes_and_the_old_one_is_needed_by_nothing(
    server: Server, database: str, base_settings: Settings, registry: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await divisions(registry)
    await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, [person(n, n) for n in range(1, 31)]))
    body = {"name": "户", "kind": "HOUSING", "as_of": "2018-01-01", "criteria": {"division": TOWN[:9]}}
    assert (await registry.post("/v1/rosters:from-registry", json=body)).status_code == 202
    await registry.drain()
    written = await household(registry, 900, phone="13800138000")
    ring = base_settings.home / "secrets" / "pii-keys"
    old = Vault.from_text(ring.read_text())
    versions = "SELECT count(*), max(version) FROM registry.household_version"
    config = base_settings.model_copy(update={"database_url": server.url(database)})

    with monkeypatch.context() as patched:
        patched.setattr(keys, "_pass", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            keys.rotate(config, ring)
    begun = Vault.from_text(ring.read_text())
    assert (len(begun.versions), begun.current != old.current) == (2, True)

    rotating = asyncio.create_task(asyncio.to_thread(keys.rotate, config, ring))
    phone, version = "13800138000", written["version"]
    while not rotating.done():
        phone = str(int(phone) + 1)
        changed = await registry.patch(f"/v1/households/{written['id']}", version=version, json={"phone": phone})
        assert changed.status_code == 200, changed.text  # a rotation changes no version that a writer knows
        version = changed.json()["version"]
    await rotating

    vault = Vault.from_text(ring.read_text())
    assert vault.versions == {begun.current}  # the interrupted rotation went on: no third key
    assert Vault.from_text(ring.with_name(f"pii-keys.before-{begun.current}").read_text()).versions == begun.versions
    opened = 0
    for place, context in SEALED.items():
        table, name = place.split(".")
        values = await registry.admin_sql(f"SELECT {name} FROM registry.{table} WHERE {name} IS NOT NULL")
        for (value,) in values:
            vault.open_bytes(value, context)
            with pytest.raises(Unsealable):
                old.open_bytes(value, context)
        opened += len(values)
    assert opened > 4 * 30  # members, their history, the roster, the household's phones
    shown = await registry.post(f"/v1/households/{written['id']}:unmask", json={"purpose": "核对发放名单"})
    assert shown.json()["phone"] == phone
    assert version > written["version"] + 1
    assert await registry.admin_sql(versions) == [(version, version)]  # no history but of the writes
    entries = await registry.admin_sql(
        "SELECT sum((change ->> 'rows')::int) FROM registry.audit WHERE action = 'ROTATE_KEY'"
    )
    assert entries[0][0] >= 3 * 30
    with pytest.raises(psycopg.errors.RestrictViolation, match="only added to"):
        await registry.admin_sql("UPDATE registry.roster_row SET name = name")
