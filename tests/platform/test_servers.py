"""The four services on four PostgreSQL servers: nothing between them but HTTP."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import make_url

from fupin.auth import Verifier
from fupin.postgres import Server
from fupin.settings import SERVICES, Settings
from fupin.supervisor.databases import Databases
from fupin.urls import libpq
from tests.conftest import Api
from tests.platform.running import running
from tests.registry.world import divisions, household, made

RULE = {"name": "按需", "per_person": 10, "per_income_gap": 20, "per_ill": 15, "per_disabled": 15, "per_student": 10,
        "no_able_labour": 30, "income_line_fen": 353_500}  # fmt: skip


@pytest.fixture
def four(tmp_path: Path, base_settings: Settings) -> Iterator[Settings]:
    """Settings that give each service a server of its own."""
    with ExitStack() as stack:
        urls = {
            f"{name}_database_url": stack.enter_context(Server(tmp_path / name, fast=True)).url("fupin")
            for name in SERVICES
        }
        yield base_settings.model_copy(update={"pool_size": 2, **urls})


async def test_four_services_on_four_servers_share_money_by_the_need_of_households(
    four: Settings, apps: Mapping[str, FastAPI], verifier: Verifier
) -> None:
    databases = Databases(four)
    assert databases.server is None  # no embedded one beside them
    databases.prepare(lambda _: None)
    for name in SERVICES:
        with psycopg.connect(libpq(make_url(databases.administering(name)))) as connection:
            schemas = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname = ANY (%s)", (list(SERVICES),))
            assert schemas.fetchall() == [(name,)]
    async with running(four, apps, verifier) as services:
        await _shared(services["registry"], services["funds"])


async def _shared(registry: Api, funds: Api) -> None:
    maker, checker = funds.as_("finance-maker"), funds.as_("finance-checker")
    await divisions(registry)
    households = [await household(registry, number) for number in (1, 2)]
    receipt = {"kind": "DONATION", "amount_fen": 10_000_000, "payer": "邻市"}
    assert (await maker.post("/v1/receipts", key="receipt", json=receipt)).status_code == 201
    rule = await made(maker.post("/v1/distribution-rules", key="rule", json=RULE))
    new = {"year": 2018, "sequence": 1, "pot_fen": 10_000_000, "need_on": "2018-05-17", "rule_id": rule["id"]}
    draft = f"/v1/distributions/{(await made(maker.post('/v1/distributions', key='draft', json=new)))['id']}"
    frozen = await maker.post(f"{draft}:snapshot", key="snapshot")
    assert frozen.status_code == 200, frozen.text
    assert await registry.sql("SELECT count(*) FROM snapshot_row") == [(2,)]  # frozen there, shared out here
    approved = await checker.post(f"{draft}:approve", key="yes", json={"batch_hash": frozen.json()["batch_hash"]})
    assert approved.json()["state"] == "APPROVED"
    lines = (await checker.get(f"{draft}/lines")).json()["items"]
    assert {line["household_no"] for line in lines} == {one["household_no"] for one in households}
    assert sum(line["share_fen"] for line in lines) == 10_000_000
