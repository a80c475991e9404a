"""A small county for tests, built through the front door."""

from typing import Any

from tests.conftest import Api

COUNTY, TOWN, VILLAGE = "230882000000", "230882101000", "230882101201"
OTHER_TOWN, OTHER_VILLAGE = "230882102000", "230882102201"
DAY = "2018-05-17"


def id_number(seed: int) -> str:
    """A number with a valid check digit and a division that exists nowhere."""
    body = f"990000{19600101 + seed % 20:08d}{seed % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


async def made(call: Any) -> dict[str, Any]:
    """The body of a POST that must have created something."""
    response = await call
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def divisions(registry: Api) -> None:
    """A county of two towns with one village each; the first is a poor village."""
    for code, name, level, parent, more in (
        (COUNTY, "富锦市", "COUNTY", None, {}),
        (TOWN, "长安镇", "TOWN", COUNTY, {}),
        (OTHER_TOWN, "锦山镇", "TOWN", COUNTY, {}),
        (
            VILLAGE,
            "永胜村",
            "VILLAGE",
            TOWN,
            {"poor_village": True, "has_tap_water": True, "water_system_running": True},
        ),
        (OTHER_VILLAGE, "东林村", "VILLAGE", OTHER_TOWN, {"has_tap_water": False}),
    ):
        body = {"code": code, "name": name, "level": level, "parent_code": parent, **more}
        await made(registry.post("/v1/divisions", json=body))


async def household(registry: Api, number: int, village: str = VILLAGE, **more: Any) -> dict[str, Any]:
    """A poor rural household identified in 2016, unless said otherwise."""
    body = {
        "household_no": f"{village}-{number:04d}",
        "division_code": village,
        "residence": "RURAL",
        "status": "POOR",
        "poverty_type": "GENERAL",
        "main_cause": "01",
        "identified_on": "2016-03-01",
        "members": [member(number)],
    }
    return await made(registry.post("/v1/households", json=body | more))


def member(seed: int, **more: Any) -> dict[str, Any]:
    return {"name": f"王{seed}", "id_number": id_number(seed), "sex": "1", "relation": "02"} | more


async def pathway(
    registry: Api, household_id: str, code: str, first: str = "2017-06-01", **more: Any
) -> dict[str, Any]:
    body = {"pathway": code, "from": first, **more}
    return await made(registry.post(f"/v1/households/{household_id}/pathways", json=body))


async def helper(registry: Api, household_id: str, name: str = "李建国", first: str = "2018-01-01") -> dict[str, Any]:
    """A cadre who answers for the household from the day on."""
    cadre = await made(
        registry.post("/v1/helpers", json={"name": name, "department": "农业局", "division_code": COUNTY})
    )
    body = {"helper_id": cadre["id"], "household_id": household_id, "level": "DEPARTMENT", "from": first}
    return await made(registry.post("/v1/helper-assignments", json=body))


async def figures(registry: Api, as_of: str = DAY) -> dict[str, Any]:
    response = await registry.get("/v1/figures", params={"as_of": as_of})
    assert response.status_code == 200, response.text
    return {item["id"]: item for item in response.json()["items"]}
