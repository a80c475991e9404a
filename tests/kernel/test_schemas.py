"""What an answer says reads the same whether PostgreSQL or Python wrote it."""

import json

import psycopg
import pytest

from fupin.schemas import Answer, Instant


class Recorded(Answer):
    at: Instant


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC", "Asia/Kolkata", "America/St_Johns"])
@pytest.mark.parametrize("fraction", ["", ".1", ".25", ".000001", ".283790", ".100000"])
def test_an_instant_is_spelled_as_postgresql_spells_it(admin: psycopg.Connection, zone: str, fraction: str) -> None:
    with admin.transaction(force_rollback=True):
        admin.execute("SELECT set_config('TimeZone', %s, true)", [zone])
        [(at, written)] = admin.execute(
            "SELECT at, to_json(at)::text FROM (SELECT %s::timestamptz) t (at)",
            [f"2026-11-24 03:32:20{fraction}+08"],
        ).fetchall()
    assert json.loads(Recorded(at=at).model_dump_json())["at"] == json.loads(written)
