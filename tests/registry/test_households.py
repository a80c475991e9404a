"""Households: who sees them, how they change, what is never shown."""

import re

import pytest
from pydantic import TypeAdapter

from services.registry.schemas.households import Household, HouseholdPage
from services.registry.schemas.members import MemberPage
from tests.conftest import Api
from tests.registry import world
from tests.registry.world import DAY, OTHER_VILLAGE, VILLAGE


@pytest.fixture(autouse=True)
async def county(registry: Api) -> None:
    await world.divisions(registry)


async def test_a_registered_household_is_read_back_as_the_schema_says(registry: Api) -> None:
    made = await world.household(
        registry, 1, phone="13800138000", bank_account="6210999900001234567", farmland_mu="12.50", house_grade="C",
        other_causes=["03", "08"],
    )  # fmt: skip
    response = await registry.get(f"/v1/households/{made['id']}", params={"as_of": DAY})

    assert response.headers["etag"] == '"1"'
    found = TypeAdapter(Household).validate_json(response.content)
    assert (found.status, found.head_name, found.persons, found.farmland_mu) == ("POOR", "王1", 1, 12.5)
    page = await registry.get("/v1/households")
    assert HouseholdPage.model_validate_json(page.content).items[0].id == found.id
    assert set(page.json()["items"][0]) == set(Household.model_fields)
    members = await registry.get(f"/v1/households/{made['id']}/members")
    assert MemberPage.model_validate_json(members.content).items[0].relation == "02"


async def test_no_answer_shows_a_personal_number(registry: Api) -> None:
    secret = {"phone": "13800138000", "bank_account": "6210999900001234567"}
    made = await world.household(registry, 1, **secret)
    seen = [
        (await registry.get(path)).text
        for path in ("/v1/households", f"/v1/households/{made['id']}", "/v1/members",
                     f"/v1/households/{made['id']}/members", "/v1/audit")
    ]  # fmt: skip
    for number in (*secret.values(), world.id_number(1), world.id_number(1)[6:14]):
        assert not any(number in text for text in seen)
    assert "138****8000" in seen[0]


async def test_another_divisions_household_does_not_exist_for_a_clerk(registry: Api) -> None:
    made = await world.household(registry, 1, OTHER_VILLAGE)
    clerk = registry.as_("town-clerk", "230882101")

    assert (await clerk.get(f"/v1/households/{made['id']}")).status_code == 404
    assert (await clerk.patch(f"/v1/households/{made['id']}", version=1, json={"house_grade": "D"})).status_code == 404
    assert (await clerk.get("/v1/households")).json()["items"] == []
    assert (await clerk.get("/v1/members")).json()["items"] == []
    assert (await registry.sql("SELECT count(*) FROM household", division="230882101")) == [(0,)]
    assert (await registry.sql("SELECT count(*) FROM member", division="230882101")) == [(0,)]
    assert (await registry.sql("SELECT count(*) FROM household_status", division="230882101")) == [(0,)]


async def test_nobody_registers_a_household_outside_the_division(registry: Api) -> None:
    clerk = registry.as_("town-clerk", "230882101")
    body = {"household_no": "x-1", "division_code": OTHER_VILLAGE, "residence": "RURAL", "status": "NOT_POOR"}

    assert (await clerk.post("/v1/households", json=body)).status_code == 404


async def test_a_household_number_is_given_once_in_a_county(registry: Api) -> None:
    await world.household(registry, 1)
    body = {"household_no": f"{VILLAGE}-0001", "division_code": VILLAGE, "residence": "URBAN", "status": "NOT_POOR"}
    again = await registry.post("/v1/households", json=body)

    assert (again.status_code, again.json()["code"]) == (409, "household-no-taken")


async def test_a_living_person_belongs_to_one_household(registry: Api) -> None:
    first = await world.household(registry, 1)
    other = await world.household(registry, 2)
    twice = await registry.post(f"/v1/households/{other['id']}/members", json=world.member(1, relation="20"))
    assert (twice.status_code, twice.json()["code"]) == (409, "person-registered")

    person = (await registry.get(f"/v1/households/{first['id']}/members")).json()["items"][0]
    left = await registry.patch(f"/v1/members/{person['id']}", version=1, json={"left_on": "2018-04-01"})
    assert left.status_code == 200
    moved = await registry.post(f"/v1/households/{other['id']}/members", json=world.member(1, relation="20"))
    assert moved.status_code == 201


async def test_a_wrong_check_digit_is_named_and_not_repeated(registry: Api) -> None:
    number = world.id_number(1)
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    made = await world.household(registry, 2)
    refused = await registry.post(f"/v1/households/{made['id']}/members", json=world.member(1, id_number=wrong))

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/id_number"
    assert wrong not in refused.text


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"main_cause": "01", "other_causes": ["01"]}, "causes-repeat"),
        ({"other_causes": ["03", "03"]}, "causes-repeat"),
        ({"division_code": "230882101000"}, "not-a-village"),
        ({"division_code": "230882101299"}, "unknown-division"),
        ({"identified_on": None}, "invalid"),
        ({"status_on": "2999-01-01"}, "invalid"),
        ({"status_on": "2015-01-01"}, "invalid"),
    ],
)
async def test_a_household_that_contradicts_itself_is_refused(
    registry: Api, more: dict[str, object], code: str
) -> None:
    body = {
        "household_no": "9", "division_code": VILLAGE, "residence": "RURAL", "status": "POOR", "main_cause": "02",
        "identified_on": "2016-01-01",
    }  # fmt: skip
    refused = await registry.post("/v1/households", json=body | more)

    assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_a_change_names_the_version_it_was_made_from(registry: Api) -> None:
    made = await world.household(registry, 1)
    path = f"/v1/households/{made['id']}"

    assert (await registry.patch(path, json={"house_grade": "B"})).status_code == 428
    changed = await registry.patch(path, version=1, json={"house_grade": "B", "phone": None})
    assert (changed.json()["house_grade"], changed.headers["etag"]) == ("B", '"2"')
    assert (await registry.patch(path, version=1, json={"house_grade": "D"})).status_code == 412
    kept = await registry.get(path, headers={"If-None-Match": '"2"'})
    assert kept.status_code == 304
    await registry.post(f"{path}/members", json=world.member(7, relation="20"))
    assert (await registry.get(path, headers={"If-None-Match": '"2"'})).status_code == 200


async def test_a_household_is_found_by_an_id_number_in_the_body(registry: Api) -> None:
    made = await world.household(registry, 1)
    await world.household(registry, 2)
    found = await registry.post("/v1/households:search", json={"id_number": world.id_number(1).lower()})

    assert [item["id"] for item in found.json()["items"]] == [made["id"]]
    clerk = registry.as_("town-clerk", "230882102")
    assert (await clerk.post("/v1/households:search", json={"id_number": world.id_number(1)})).json()["items"] == []


async def test_unmasking_needs_a_scope_and_a_purpose_and_leaves_a_trace(registry: Api) -> None:
    made = await world.household(registry, 1, phone="13800138000")
    path = f"/v1/households/{made['id']}:unmask"
    cadre = registry.as_("village-cadre", VILLAGE)

    assert (await cadre.post(path, json={"purpose": "核对发放名单"})).status_code == 403
    assert (await registry.post(path, json={})).status_code == 422
    shown = await registry.post(path, key="k1", json={"purpose": "核对发放名单"})
    assert shown.json()["phone"] == "13800138000"
    assert shown.json()["members"][0]["id_number"] == world.id_number(1)
    trail = (await registry.get("/v1/audit", params={"object_id": made["id"]})).json()["items"]
    assert (trail[0]["action"], trail[0]["purpose"]) == ("UNMASK", "核对发放名单")
    # The idempotency record of an answer must not keep what the answer showed.
    assert await registry.admin_sql("SELECT count(*) FROM registry.idempotency") == [(0,)]


async def test_statuses_follow_the_policy_and_keep_their_history(registry: Api) -> None:
    made = await world.household(registry, 1)
    path = f"/v1/households/{made['id']}"
    leap = await registry.post(f"{path}:change-status", json={"status": "STABLE", "on": "2018-01-01", "reason": "错"})
    assert (leap.status_code, leap.json()["code"]) == (409, "status-not-reachable")
    assert leap.json()["reachable"] == ["CANCELLED", "EXITED", "REMOVED"]
    early = await registry.post(f"{path}:change-status", json={"status": "EXITED", "on": "2015-01-01", "reason": "错"})
    assert (early.status_code, early.json()["code"]) == (409, "status-backdated")

    exited = await registry.post(
        f"{path}:change-status", json={"status": "EXITED", "on": "2017-12-20", "reason": "人均纯收入达标"}
    )
    assert (exited.json()["status"], exited.json()["exited_on"]) == ("EXITED", "2017-12-20")
    history = (await registry.get(f"{path}/statuses")).json()["items"]
    assert [(step["from_status"], step["to_status"], step["on"]) for step in history] == [
        (None, "POOR", "2016-03-01"),
        ("POOR", "EXITED", "2017-12-20"),
    ]


async def test_the_status_is_that_of_the_day_asked_for(registry: Api) -> None:
    made = await world.household(registry, 1, status="EXITED", exited_on="2017-12-20")
    path = f"/v1/households/{made['id']}"

    seen = [(await registry.get(path, params={"as_of": day})) for day in ("2016-02-29", "2016-03-01", "2017-12-20")]
    assert [response.status_code for response in seen] == [404, 200, 200]
    assert [response.json()["status"] for response in seen[1:]] == ["POOR", "EXITED"]
    poor = await registry.get("/v1/households", params={"poor": True, "as_of": "2017-01-01"})
    assert len(poor.json()["items"]) == 1


async def test_history_cannot_be_forged_or_rewritten_with_the_services_login(registry: Api) -> None:
    made = await world.household(registry, 1)
    for statement in (
        "UPDATE household_status SET reason = 'x'",
        "DELETE FROM household_status",
        f"""INSERT INTO household_status (household_id, county_code, division_code, seq, to_status, happened_on)
            VALUES ('{made["id"]}', '230882', '{VILLAGE}', 9, 'EXITED', '2018-01-01')""",
    ):
        with pytest.raises(Exception, match="permission denied"):
            await registry.sql(statement)
    with pytest.raises(Exception, match="fk_household_status_from_status"):
        await registry.sql(
            "UPDATE household SET status = 'RELAPSED', status_on = '2018-01-01', exited_on = '2018-01-01'"
        )


async def test_the_history_moves_with_a_household_to_another_village(registry: Api) -> None:
    await world.household(registry, 1)
    await registry.sql(f"UPDATE household SET division_code = '{OTHER_VILLAGE}'")

    for table in ("household_status", "member"):
        assert await registry.sql(f"SELECT division_code FROM {table}") == [(OTHER_VILLAGE,)]


async def test_pages_join_without_gap_or_overlap(registry: Api) -> None:
    for number in range(5):
        await world.household(registry, number)
    seen, path = [], "/v1/households?limit=2&poor=true"
    while path:
        page = await registry.get(path, headers={"Prefer": "count=exact"})
        assert page.json()["total_count"] == 5
        seen += [item["household_no"] for item in page.json()["items"]]
        link = re.match(r"<(.+)>; rel=\"next\"", page.headers.get("link", ""))
        path = link[1] if link else ""
    assert sorted(seen) == [f"{VILLAGE}-{number:04d}" for number in range(5)]
    assert (await registry.get("/v1/households?statuss=POOR")).status_code == 422


async def test_the_town_and_status_of_households_are_counted(registry: Api) -> None:
    await world.household(registry, 1)
    await world.household(registry, 2, OTHER_VILLAGE, status="NOT_POOR", identified_on=None)
    found = (await registry.get("/v1/statistics/households", params={"group_by": "town,status", "as_of": DAY})).json()

    assert found["households"] == 2
    assert {tuple(row["keys"].values()): row["households"] for row in found["items"]} == {
        ("230882101000", "POOR"): 1,
        ("230882102000", "NOT_POOR"): 1,
    }
    assert (await registry.get("/v1/statistics/households", params={"group_by": "town,town"})).status_code == 422


async def test_verification_tells_known_from_unknown(registry: Api) -> None:
    made = await world.household(registry, 1)
    stranger = "0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11"
    found = await registry.post("/v1/households:verify", json={"ids": [stranger, made["id"]], "on": DAY})

    assert [item["id"] for item in found.json()["known"]] == [made["id"]]
    assert found.json()["unknown"] == [stranger]


async def test_income_per_head_follows_from_its_lines(registry: Api) -> None:
    made = await world.household(registry, 1)
    body = {"year": 2017, "persons": 3, "wage_fen": 900_000, "business_fen": 200_000, "production_cost_fen": 100_000}
    income = await world.made(registry.post(f"/v1/households/{made['id']}/incomes", json=body))

    assert (income["net_fen"], income["per_head_fen"]) == (1_000_000, 333_333)
    again = await registry.post(f"/v1/households/{made['id']}/incomes", json=body)
    assert again.json()["code"] == "income-recorded"
    assert len((await registry.get(f"/v1/households/{made['id']}/incomes")).json()["items"]) == 1
