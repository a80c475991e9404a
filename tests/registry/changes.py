"""Change requests in tests: three people of the county who propose, review and approve."""

from typing import Any

import httpx

from tests.conftest import Api
from tests.registry.world import TOWN, made

EVIDENCE = {"reason": "家庭变动", "evidence": "户口簿复印件", "document_ref": "派出所证明2018-7"}


def cadre(registry: Api, division: str = TOWN) -> Api:
    return registry.as_("village-cadre", division, sub="cadre")


def clerk(registry: Api, division: str = TOWN) -> Api:
    return registry.as_("town-clerk", division, sub=f"clerk-{division}")


def officer(registry: Api, name: str = "officer") -> Api:
    return registry.as_("county-admin", sub=name)


async def submitted(api: Api, kind: str, **proposal: Any) -> dict[str, Any]:
    return await made(api.post("/v1/change-requests", json={"proposal": {"kind": kind, **proposal}} | EVIDENCE))


async def step(api: Api, id: str, verb: str, **body: Any) -> httpx.Response:
    return await api.post(f"/v1/change-requests/{id}:{verb}", json=body)


async def approved(
    registry: Api, submitter: Api, kind: str, *, receiver: str = TOWN, **proposal: Any
) -> dict[str, Any]:
    """A request that went all the way."""
    request = await submitted(submitter, kind, **proposal)
    for api, verb in ((clerk(registry, receiver), "review"), (officer(registry), "approve")):
        response = await step(api, request["id"], verb, note="属实")
        assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def members(registry: Api, household_id: str, **params: Any) -> dict[str, dict[str, Any]]:
    """Who belongs to a household, by name."""
    found = (await registry.get(f"/v1/households/{household_id}/members", params=params)).json()["items"]
    return {member["name"]: member for member in found}


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]
