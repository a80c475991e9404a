"""Procedures for tests, walked through the front door by the people who take each step."""

from datetime import date
from typing import Any

import httpx

from tests.conftest import Api
from tests.registry import world
from tests.registry.world import VILLAGE

VOTES: dict[str, Any] = {"voters": 45, "attended": 30, "votes_for": 28, "votes_against": 2}


def on_day(registry: Api, day: str) -> None:
    registry.runtime.clock.move(date.fromisoformat(day))


def cadre(registry: Api) -> Api:
    return registry.as_("village-cadre", VILLAGE)


def clerk(registry: Api) -> Api:
    return registry.as_("town-clerk", VILLAGE[:9])


async def opened(registry: Api, household_id: str, kind: str, on: str, **more: Any) -> dict[str, Any]:
    body = {"household_id": household_id, "kind": kind, "on": on, "person": "王建国"} | more
    return await world.made(registry.post("/v1/procedures", json=body))


async def step(who: Api, procedure: dict[str, Any], name: str, on: str, **more: Any) -> httpx.Response:
    return await who.post(f"/v1/procedures/{procedure['id']}/steps", json={"step": name, "on": on} | more)


async def walked(registry: Api, procedure: dict[str, Any], *steps: tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
    """The procedure after these steps, each by whoever takes it: village, town, county."""
    found = procedure
    for name, on, more in steps:
        by = {"TOWN_REVIEW": clerk, "RISK_REVIEW": clerk}.get(name, cadre)
        who = registry if name in ("COUNTY_APPROVAL", "RISK_CLEARED", "RELAPSE") else by(registry)
        found = await world.made(step(who, procedure, name, on, **more))
    return found


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]
