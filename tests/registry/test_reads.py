"""Finding households and members, and counting them, with the same filters everywhere."""

import json
from typing import Any

import psycopg
import pytest
from pydantic import BaseModel

from fupin.reads import Reading
from services.registry.schemas.households import Household, HouseholdPage
from services.registry.schemas.members import MemberPage
from tests.conftest import Api
from tests.registry.world import DAY, OTHER_VILLAGE, TOWN, VILLAGE, divisions, helper, household, made, member, pathway


async def _four(registry: Api) -> list[dict[str, Any]]:
    await divisions(registry)
    names = ("王小兰", "王小", "欧阳小兰", "阿卜杜拉·买买提江")
    found = []
    for number, name in enumerate(names, 1):
        village = OTHER_VILLAGE if number == 3 else VILLAGE
        more = {"house_grade": "C", "main_cause": "02"} if number == 2 else {}
        body = {"members": [member(number, name=name)], **more}
        found.append(await household(registry, number, village, **body))
    return found


async def _listed(registry: Api, what: str, **params: Any) -> set[str]:
    response = await registry.get(f"/v1/{what}", params={"as_of": DAY, **params})
    assert response.status_code == 200, response.text
    return {row["household_no"] if what == "households" else row["name"] for row in response.json()["items"]}


async def test_any_part_of_a_name_from_two_characters_on_finds_the_person(registry: Api) -> None:
    four = await _four(registry)
    assert await _listed(registry, "members", name="小兰") == {"王小兰", "欧阳小兰"}
    assert await _listed(registry, "members", name="王小") == {"王小兰", "王小"}
    assert await _listed(registry, "members", name="王小兰") == {"王小兰"}
    assert await _listed(registry, "members", name="买买提") == {"阿卜杜拉·买买提江"}
    assert await _listed(registry, "members", name="兰小") == set()
    assert await _listed(registry, "households", name="小兰") == {four[0]["household_no"], four[2]["household_no"]}
    for short in ("王", " 王", ""):
        assert (await registry.get("/v1/members", params={"name": short})).status_code == 422


async def test_a_name_in_another_division_is_not_found(registry: Api) -> None:
    await _four(registry)
    town = registry.as_("town-clerk", "230882101")
    assert await _listed(town, "members", name="小兰") == {"王小兰"}
    assert await _listed(town, "households", name="欧阳") == set()
    assert await _listed(registry, "members", name="小兰", division="230882102") == {"欧阳小兰"}
    assert await registry.sql("SELECT count(*) FROM members_named('小兰')", division="230882102") == [(1,)]
    assert await registry.sql("SELECT count(*) FROM member", division="230882102") == [(1,)]


async def test_who_has_left_a_household_no_longer_finds_it(registry: Api) -> None:
    first, *_ = await _four(registry)
    [person] = (await registry.get(f"/v1/households/{first['id']}/members")).json()["items"]
    gone = await registry.patch(f"/v1/members/{person['id']}", json={"died_on": "2018-01-01"}, version=1)
    assert gone.status_code == 200, gone.text
    assert await _listed(registry, "households", name="王小兰") == set()
    assert await _listed(registry, "households", name="王小兰", as_of="2017-12-31") == {first["household_no"]}


async def test_a_name_is_looked_up_in_its_index(registry: Api) -> None:
    await divisions(registry)
    async with await psycopg.AsyncConnection.connect(registry.admin_dsn, autocommit=True) as db:
        await db.execute("SET enable_seqscan = off")
        await db.execute("SET search_path = registry, public")
        await db.execute("SET ROLE fupin_registry_owner")
        rows = await (
            await db.execute("EXPLAIN SELECT id FROM member WHERE pairs_of_name(name) @> '{小兰}'")
        ).fetchall()
    assert "ix_member_name" in str(rows)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"house_grade": "C"}, {2}),
        ({"main_cause": "01", "division": "230882101"}, {1, 4}),
        ({"has_helper": "true"}, {1}),
        ({"has_helper": "false", "name": "王小"}, {2}),
        ({"pathways": "1"}, {4}),
        ({"guarantee_not_met": "WATER"}, {1}),
        ({"residence": "URBAN"}, set()),
        ({"status": ["POOR", "EXITED"], "identified_year": "2016", "poverty_type": "GENERAL"}, {1, 2, 3, 4}),
    ],
)
async def test_list_and_count_and_statistics_and_export_agree(
    registry: Api, filters: dict[str, Any], expected: set[int]
) -> None:
    four = await _four(registry)
    await helper(registry, four[0]["id"])
    await pathway(registry, four[3]["id"], "LIVESTOCK")
    check = {"year": 2018, "item": "WATER", "result": "NOT_MET", "checked_on": "2018-03-01"}
    await made(registry.post(f"/v1/households/{four[0]['id']}/guarantees", json=check))
    params = {"as_of": DAY, **filters}
    counted = await registry.get("/v1/households", params=params, headers={"Prefer": "count=exact"})
    numbers = {four[n - 1]["household_no"] for n in expected}
    assert {row["household_no"] for row in counted.json()["items"]} == numbers
    assert counted.json()["total_count"] == len(expected)
    for by in ("village,pathways", "has_helper,identified_year", "house_grade"):
        statistics = await registry.get("/v1/statistics/households", params={**params, "group_by": by})
        assert statistics.json()["households"] == len(expected)
    exported = await registry.get("/v1/households/export", params={**params, "format": "ndjson"})
    assert len(exported.text.splitlines()) == len(expected)


async def test_statistics_count_by_helper_and_pathways(registry: Api) -> None:
    four = await _four(registry)
    await helper(registry, four[0]["id"])
    for code in ("LIVESTOCK", "TOURISM", "COURTYARD", "PUBLIC_POST", "PHOTOVOLTAIC"):
        await pathway(registry, four[1]["id"], code)
    found = await registry.get(
        "/v1/statistics/households", params={"as_of": DAY, "group_by": "town,has_helper", "division": TOWN}
    )
    assert found.json()["items"] == [
        {"keys": {"town": TOWN, "has_helper": "false"}, "households": 2},
        {"keys": {"town": TOWN, "has_helper": "true"}, "households": 1},
    ]
    found = await registry.get("/v1/statistics/households", params={"as_of": DAY, "group_by": "pathways"})
    assert found.json()["items"] == [
        {"keys": {"pathways": "0"}, "households": 3},
        {"keys": {"pathways": "4"}, "households": 1},
    ]
    unknown = await registry.get("/v1/statistics/households", params={"group_by": "name"})
    assert unknown.status_code == 422


async def test_members_are_listed_by_what_is_recorded_of_them(registry: Api) -> None:
    await divisions(registry)
    people = [
        member(1, name="赵一一", health=["CHRONIC", "DISABLED"], labour_ability="ABLE", education="PRIMARY"),
        member(2, name="赵二二", relation="10", sex="2"),
    ]
    await household(registry, 1, members=people)
    for filters, expected in (
        ({"health": "DISABLED"}, {"赵一一"}),
        ({"sex": "2", "relation": "10"}, {"赵二二"}),
        ({"labour_ability": "ABLE", "education": "PRIMARY"}, {"赵一一"}),
        ({"name": "赵二", "health": "DISABLED"}, set()),
    ):
        assert await _listed(registry, "members", **filters) == expected


async def test_what_postgresql_writes_is_what_the_models_say(registry: Api) -> None:
    """Field by field, in order: no value that the model would read or write in another way."""
    first, *_ = await _four(registry)
    shapes: list[tuple[str, type[BaseModel]]] = [
        (f"/v1/households/{first['id']}", Household),
        ("/v1/households?limit=2", HouseholdPage),
        (f"/v1/households/{first['id']}/members", MemberPage),
        ("/v1/members?limit=3", MemberPage),
    ]
    for path, shape in shapes:
        answer = await registry.get(path)
        assert json.dumps(answer.json()) == json.dumps(shape.model_validate(answer.json()).model_dump(mode="json"))


async def test_a_read_keeps_nothing_of_its_caller_and_cannot_write(registry: Api) -> None:
    await _four(registry)
    readers = registry.runtime.readers
    counted = "SELECT count(*) FROM household"
    for often in (False, True):
        for division, seen in (("230882101", 3), ("230882102", 1), ("230882", 4)):
            assert await readers.ask(division, counted, {}, often=often) == [(seen,)]
            assert await registry.runtime.readers.ask("99", counted, {}, often=often) == [(0,)]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        await readers.ask("230882", "UPDATE household SET version = version + 1 RETURNING id", {}, often=False)
    with pytest.raises(ValueError, match="division"):
        Reading(readers, "23'; --")
    quoted = await readers.ask("230882", "SELECT %(said)s::text", {"said": "'; \\' --%s"}, often=False)
    assert quoted == [("'; \\' --%s",)]


async def test_reads_find_a_database_that_came_back(registry: Api) -> None:
    first, *_ = await _four(registry)
    path = f"/v1/households/{first['id']}"
    assert (await registry.get(path)).status_code == 200
    await registry.admin_sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE usename = 'fupin_registry' AND datname = current_database()"
    )
    assert (await registry.get(path)).status_code == 200
