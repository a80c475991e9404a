"""A county for the inspectors: towns and villages with poor and other households, and what a plan needs."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.conftest import Api

COUNTY = "230882000000"
DAY = "2018-05-02"

Json = dict[str, Any]


def town(number: int) -> str:
    return f"230882{101 + number}000"


def village(in_town: int, number: int) -> str:
    return f"230882{101 + in_town}{201 + number}"


async def settle(registry: Api, towns: int, villages: int, poor_villages: int, poor: int = 6, other: int = 7) -> None:
    """
    Fill the registry as its own login, set by set: `villages` in each town, the first `poor_villages` of each poor.

    One request a household would take longer than everything that is tested here.
    """
    await registry.sql(
        """
        WITH place AS (
            SELECT 0 AS depth, %s AS code, '县' AS name, 'COUNTY' AS level, NULL AS parent, false AS poor
            UNION ALL
            SELECT 1, '230882' || 101 + t || '000', t || '镇', 'TOWN', %s, false FROM generate_series(0, %s - 1) t
            UNION ALL
            SELECT 2, '230882' || 101 + t || 201 + v, t || '-' || v || '村', 'VILLAGE',
                   '230882' || 101 + t || '000', v < %s
            FROM generate_series(0, %s - 1) t, generate_series(0, %s - 1) v
        )
        INSERT INTO division (code, county_code, name, level, parent_code, poor_village, state_on, longitude, latitude)
        SELECT code, '230882', name, level, parent, poor, '2014-01-01',
               132.0 + 0.1 * (substr(code, 7, 3)::int %% 7) * (depth > 0)::int,
               47.2 + 0.03 * (substr(code, 10, 3)::int %% 11) * (depth > 1)::int FROM place ORDER BY depth""",
        COUNTY, COUNTY, towns, poor_villages, towns, villages,
    )  # fmt: skip
    await registry.sql(
        """
        INSERT INTO household (household_no, division_code, county_code, residence, status, status_on, identified_on)
        SELECT code || '-' || to_char(n, 'FM0000'), code, '230882', 'RURAL',
               CASE WHEN n <= %s THEN 'POOR' ELSE 'NOT_POOR' END, '2016-12-01',
               CASE WHEN n <= %s THEN date '2016-12-01' END
        FROM division, generate_series(1, %s) n WHERE level = 'VILLAGE'""",
        poor, poor, poor + other,
    )  # fmt: skip


async def ok(answer: Awaitable[Any], status: int = 201) -> Json:
    """The body of an answer that must succeed."""
    response = await answer
    assert response.status_code == status, response.text
    found: Json = response.json()
    return found


async def all_of(api: Api, path: str) -> list[Json]:
    """Every row of a list, page by page."""
    found: list[Json] = []
    url = httpx.URL(path).copy_merge_params({"limit": 200})
    while True:
        page = await ok(api.get(str(url)), 200)
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        url = url.copy_set_param("cursor", page["next_cursor"])


async def new_plan(inspection: Api, **other: Any) -> Json:
    plan = {
        "division_code": COUNTY, "plan_no": "FJ-2018-1", "purpose": "核查两不愁三保障", "period_from": "2018-05-10",
        "period_to": "2018-06-29", "villages_per_town": 4, "poor_per_village": 5, "non_poor_per_village": 5,
        "reserves": 1,
    }  # fmt: skip
    return await ok(inspection.post("/v1/plans", json=plan | other))


async def freeze(inspection: Api, plan: Json) -> Json:
    days = {"frame_on": DAY, "frozen_on": DAY}
    return await ok(inspection.post(f"/v1/plans/{plan['id']}/frame", json=days))


async def publish(inspection: Api, frame: Json) -> Json:
    body = {"published_on": "2018-05-03", "published_in": "公告第7号"}
    return await ok(inspection.post(f"/v1/frames/{frame['id']}:publish", json=body))


async def name_event(inspection: Api, plan: Json, **other: Any) -> Json:
    body = {"event": "双色球第2018050期开奖号码", "named_on": "2018-05-03", "occurs_on": "2018-05-06"} | other
    return await ok(inspection.post(f"/v1/plans/{plan['id']}/seed-events", json=body))


async def draw(inspection: Api, plan: Json, seed: str = "03 09 11 20 25 31 07", on: str = "2018-05-07") -> Json:
    return await ok(inspection.post(f"/v1/plans/{plan['id']}/draws", json={"seed": seed, "drawn_on": on}))


async def new_team(inspection: Api, name: str, kind: str = "INSPECTION", home: str | None = None, **other: Any) -> Json:
    body = {
        "division_code": COUNTY, "kind": kind, "name": name, "home_division_code": home, "valid_from": "2018-03-01"
    }  # fmt: skip
    return await ok(inspection.post("/v1/teams", json=body | other))


Drawn = Callable[..., Awaitable[tuple[Json, Json]]]


@pytest.fixture
def drawn(registry: Api, inspection: Api) -> Drawn:
    """Settles a small county and takes a plan all the way to its draw; answers plan and draw."""

    async def go(towns: int = 2, villages: int = 6, **plan: Any) -> tuple[Json, Json]:
        await settle(registry, towns, villages, poor_villages=1)
        made = await new_plan(inspection, **plan)
        await publish(inspection, await freeze(inspection, made))
        await name_event(inspection, made)
        return made, await draw(inspection, made)

    return go
