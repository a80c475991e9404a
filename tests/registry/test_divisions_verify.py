"""Other services ask which codes are divisions, and read the list again only when it has changed."""

from tests.conftest import Api

COUNTY, TOWN, VILLAGE = "230882000000", "230882101000", "230882101203"


async def test_codes_are_verified_for_a_day_and_the_list_has_a_tag(registry: Api) -> None:
    bodies = [
        {"code": COUNTY, "name": "富锦市", "level": "COUNTY"},
        {"code": TOWN, "name": "示范镇", "level": "TOWN", "parent_code": COUNTY},
        {"code": VILLAGE, "name": "示范村", "level": "VILLAGE", "parent_code": TOWN, "valid_from": "2018-01-01"},
    ]
    for body in bodies:
        assert (await registry.post("/v1/divisions", json=body)).status_code == 201

    asked = {"codes": [VILLAGE, TOWN, "230882101299"], "on": "2018-05-17"}
    answer = (await registry.post("/v1/divisions:verify", json=asked)).json()
    assert {found["code"]: found["level"] for found in answer["known"]} == {TOWN: "TOWN", VILLAGE: "VILLAGE"}
    assert answer["unknown"] == ["230882101299"]
    earlier = (await registry.post("/v1/divisions:verify", json=asked | {"on": "2017-12-31"})).json()
    assert earlier["unknown"] == [VILLAGE, "230882101299"]
    elsewhere = registry.as_("town-clerk", "230882102")
    assert (await elsewhere.post("/v1/divisions:verify", json=asked)).json()["known"] == []

    tag = (await registry.get("/v1/divisions?as_of=2018-05-17")).headers["ETag"]
    again = await registry.get("/v1/divisions?as_of=2018-05-17", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    await registry.patch(f"/v1/divisions/{VILLAGE}", version=1, json={"longitude": 132.04})
    changed = await registry.get("/v1/divisions?as_of=2018-05-17", headers={"If-None-Match": tag})
    assert changed.status_code == 200
