"""What an operator is told of a running record: revisions, what waits, what runs, how much room is left."""

import json

import pytest

from fupin import migrate
from fupin.cli import status
from fupin.postgres import Server
from fupin.settings import SERVICES, Settings
from tests.conftest import PASSWORD, Api
from tests.registry.files import HOUSEHOLDS, csv_file, person
from tests.registry.world import divisions


async def test_status_and_metrics_tell_what_waits_until_it_is_done(
    server: Server, database: str, base_settings: Settings, registry: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {f"{service}_database_password": PASSWORD for service in SERVICES}
    config = base_settings.model_copy(update={"database_url": server.url(database), **given})
    await divisions(registry)
    file = {"file": ("file.csv", csv_file(HOUSEHOLDS, [person(1, 1)]))}
    assert (await registry.post("/v1/imports", files=file, data={"kind": "HOUSEHOLDS"})).status_code == 202

    found = status._status(config)
    assert {name: row["head"] for name, row in found["records"].items()} == {n: migrate.head(n) for n in SERVICES}
    waiting = found["records"]["registry"]
    assert [(job["task"], job["state"], job["number"]) for job in waiting["jobs"]] == [("operation", "waiting", 1)]
    assert waiting["operations"] == {"queued": 1}
    assert (waiting["audit"]["unsealed"]["entries"] > 0, waiting["audit"]["sealed_seconds_ago"]) == (True, None)
    assert waiting["bytes"] > 0 < found["disk"]["free_bytes"]
    metrics = (await registry.get("/metrics")).text
    assert 'fupin_jobs{state="waiting",task="operation"} 1.0' in metrics
    assert 'fupin_operations{state="QUEUED"} 1.0' in metrics
    assert "fupin_database_up 1.0" in metrics

    await registry.drain()
    await registry.runtime.keep_house()
    done = status._status(config)["records"]["registry"]
    assert (done["jobs"], done["operations"], done["audit"]["unsealed"]["entries"]) == ([], {}, 0)
    assert json.dumps(found)
    status._show(found)
    said = capsys.readouterr().out
    assert "1 operation waiting" in said
    assert migrate.head("funds") in said


def test_a_database_that_is_away_is_told_and_is_not_ready(base_settings: Settings) -> None:
    away = base_settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/fupin"})
    found = status._status(away)
    assert found["ready"] is False
    assert [row["trouble"] for row in found["records"].values()] == ["OperationalError"] * len(SERVICES)
