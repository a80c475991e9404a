"""What held on a day, and what was known at a moment."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import Api
from tests.registry import world
from tests.registry.world import DAY, OTHER_VILLAGE, VILLAGE


@pytest.fixture(autouse=True)
async def county(registry: Api) -> None:
    await world.divisions(registry)


def now() -> str:
    return datetime.now(UTC).isoformat()


async def read(registry: Api, path: str, **when: str) -> dict[str, Any]:
    response = await registry.get(path, params=when)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def changed(registry: Api, path: str, version: int, since: str | None = None, **fields: Any) -> dict[str, Any]:
    params = {"effective_on": since} if since else {}
    response = await registry.patch(path, version=version, params=params, json=fields)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def moved(registry: Api, household_id: str, village: str, since: str) -> None:
    await registry.sql(
        "WITH since AS MATERIALIZED (SELECT set_config('fupin.effective_on', %s, true))"
        " UPDATE household SET division_code = %s, version = version + 1 FROM since WHERE id = %s",
        since, village, household_id,
    )  # fmt: skip


async def test_a_change_of_today_leaves_yesterday_as_it_was(registry: Api) -> None:
    made = await world.household(registry, 1, house_grade="D", farmland_mu="10.00")
    path = f"/v1/households/{made['id']}"
    await changed(registry, path, 1, house_grade="B")

    assert (await read(registry, path))["house_grade"] == "B"
    assert (await read(registry, path, as_of="2100-01-01"))["house_grade"] == "B"
    assert (await read(registry, path, as_of=DAY))["house_grade"] == "D"
    listed = await read(registry, "/v1/households", as_of=DAY)
    assert [row["house_grade"] for row in listed["items"]] == ["D"]


async def test_a_late_correction_changes_what_held_and_not_what_was_known(registry: Api) -> None:
    made = await world.household(registry, 1, house_grade="D", farmland_mu="10.00")
    path = f"/v1/households/{made['id']}"
    await changed(registry, path, 1, "2017-06-01", farmland_mu="12.00")
    before = now()
    await changed(registry, path, 2, "2017-01-01", house_grade="C")
    after = now()

    async def held(**when: str) -> tuple[str, float]:
        found = await read(registry, path, **when)
        return found["house_grade"], found["farmland_mu"]

    # The correction holds since January and leaves the land, which changed in June, alone.
    assert [await held(as_of=day) for day in ("2016-12-31", "2017-03-01", "2017-06-01", DAY)] == [
        ("D", 10.0), ("C", 10.0), ("C", 12.0), ("C", 12.0)
    ]  # fmt: skip
    # What was known before it stays what was known.
    assert [await held(as_of=day, known_at=before) for day in ("2016-12-31", "2017-03-01", "2017-06-01", DAY)] == [
        ("D", 10.0), ("D", 10.0), ("D", 12.0), ("D", 12.0)
    ]  # fmt: skip
    assert await held(as_of="2017-03-01", known_at=after) == ("C", 10.0)
    assert await held(known_at=before) == ("D", 12.0)
    # A moment is told with its offset.
    assert (await registry.get(path, params={"known_at": "2018-01-01T00:00:00"})).status_code == 422
    # PostgreSQL knows no zone so far away, nor a year before the first.
    for moment, status in (("2018-06-01T00:00:00+16:59", 200), ("0001-01-01T00:00:00+08:00", 422)):
        for at in ("/v1/households", "/v1/members/export?format=csv"):
            answer = await registry.get(at, params={"known_at": moment})
            assert answer.status_code == status, (at, moment)


async def test_lists_counts_and_statistics_know_what_was_known(registry: Api) -> None:
    early = now()
    first = await world.household(registry, 1, main_cause="01")
    await world.household(registry, 2, main_cause="02")
    before = now()
    await changed(registry, f"/v1/households/{first['id']}", 1, "2017-01-01", main_cause="02")
    await registry.post(f"/v1/households/{first['id']}:change-status",
                        json={"status": "EXITED", "on": "2017-12-20", "reason": "达标"})  # fmt: skip
    await world.household(registry, 3, main_cause="02")

    async def counted(**filters: str) -> int:
        response = await registry.get("/v1/households", params=filters, headers={"Prefer": "count=exact"})
        found: int = response.json()["total_count"]
        assert len(response.json()["items"]) == found
        return found

    assert await counted(as_of=DAY, main_cause="02") == 3
    assert await counted(as_of=DAY, main_cause="02", known_at=before) == 1
    assert await counted(as_of=DAY, known_at=early) == 0
    assert await counted(as_of=DAY, status="EXITED") == 1
    assert await counted(as_of=DAY, status="EXITED", known_at=before) == 0
    assert await counted(as_of="2017-06-01", status="POOR") == 3
    rows = (await read(registry, "/v1/statistics/households", as_of=DAY, known_at=before,
                       group_by="main_cause,status"))["items"]  # fmt: skip
    assert [(row["keys"]["main_cause"], row["keys"]["status"], row["households"]) for row in rows] == [
        ("01", "POOR", 1), ("02", "POOR", 1)
    ]  # fmt: skip


async def test_pages_of_the_past_show_every_household_once(registry: Api) -> None:
    made = [await world.household(registry, n, house_grade="D") for n in range(5)]
    for row in made[1::2]:
        await changed(registry, f"/v1/households/{row['id']}", 1, house_grade="A")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await read(registry, "/v1/households", as_of=DAY, limit="2", **({"cursor": cursor} if cursor else {}))
        assert {row["house_grade"] for row in page["items"]} == {"D"}
        seen += [row["id"] for row in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == [row["id"] for row in made]


async def test_a_person_is_read_as_recorded_then(registry: Api) -> None:
    made = await world.household(registry, 1)
    row = await world.made(registry.post(f"/v1/households/{made['id']}/members", json={
        "name": "王小兰", "sex": "2", "relation": "30", "school_stage": "PRIMARY"}))  # fmt: skip
    before = now()
    path = f"/v1/members/{row['id']}"
    await changed(registry, path, 1, "2018-03-01", school_stage="JUNIOR")
    await changed(registry, path, 2, left_on="2018-05-01")

    assert (await read(registry, path, as_of="2018-02-28"))["school_stage"] == "PRIMARY"
    assert (await read(registry, path, as_of="2018-03-01"))["school_stage"] == "JUNIOR"
    assert (await read(registry, path, known_at=before))["school_stage"] == "PRIMARY"
    members = f"/v1/households/{made['id']}/members"
    # That she has left was recorded today; it holds from its own day.
    assert [len((await read(registry, members, as_of=day))["items"]) for day in ("2018-04-30", "2018-05-01")] == [2, 1]
    assert len((await read(registry, members, as_of="2018-05-01", known_at=before))["items"]) == 2
    assert len((await read(registry, members))["items"]) == 1
    pupils = {"school_stage": "JUNIOR", "as_of": "2018-04-01", "registered": "true"}
    assert [m["id"] for m in (await read(registry, "/v1/members", **pupils))["items"]] == [row["id"]]
    assert (await read(registry, "/v1/members", **pupils, known_at=before))["items"] == []


async def test_who_moved_is_found_where_they_lived_on_the_day(registry: Api) -> None:
    made = await world.household(registry, 1)
    path = f"/v1/households/{made['id']}"
    await moved(registry, made["id"], OTHER_VILLAGE, "2018-01-01")
    old, new = registry.as_("town-clerk", "230882101"), registry.as_("town-clerk", "230882102")

    assert (await read(registry, path, as_of="2017-12-31"))["division_code"] == VILLAGE
    assert (await read(registry, path, as_of="2018-01-01"))["division_code"] == OTHER_VILLAGE
    assert (await old.get(path, params={"as_of": "2017-12-31"})).status_code == 200
    assert (await old.get(path, params={"as_of": "2018-01-01"})).status_code == 404
    assert (await new.get(path, params={"as_of": "2017-12-31"})).status_code == 404
    assert (await read(new, "/v1/households", as_of="2018-01-01"))["items"][0]["persons"] == 1
    assert (await read(old, "/v1/households", as_of="2018-01-01"))["items"] == []
    assert (await read(old, "/v1/households", as_of="2017-01-01"))["items"][0]["persons"] == 1
    # A correction for the time before the move does not bring the household back.
    await changed(new, path, 2, "2017-03-01", house_grade="B")
    assert (await read(old, "/v1/households", as_of="2018-01-01"))["items"] == []
    assert [row["house_grade"] for row in (await read(old, "/v1/households", as_of="2017-04-01"))["items"]] == ["B"]
    assert [row["house_grade"] for row in (await read(old, "/v1/households", as_of="2017-02-01"))["items"]] == [None]


async def test_versions_hold_no_personal_number_and_are_only_added_to(registry: Api) -> None:
    made = await world.household(registry, 1, phone="13800138000", bank_account="6210999900001234567")
    await changed(registry, f"/v1/households/{made['id']}", 1, phone="13900139000")
    member = (await read(registry, f"/v1/households/{made['id']}/members"))["items"][0]
    await changed(registry, f"/v1/members/{member['id']}", 1, name="王改名")
    kept = str(await registry.admin_sql("SELECT to_jsonb(v) FROM registry.household_version v"))
    kept += str(await registry.admin_sql("SELECT to_jsonb(v) FROM registry.member_version v"))
    for number in ("13800138000", "13900139000", "6210999900001234567", world.id_number(1)):
        assert number not in kept
    assert await registry.sql("SELECT count(*) FROM household_version", division="230882102") == [(0,)]
    for statement in ("DELETE FROM household_version", "INSERT INTO recorded_change (kind) VALUES ('x')"):
        with pytest.raises(Exception, match="permission denied"):
            await registry.sql(statement)
    with pytest.raises(Exception, match="only added to"):
        await registry.admin_sql("UPDATE registry.household_version SET valid_from = '2000-01-01'")


async def test_nothing_holds_from_a_day_to_come(registry: Api) -> None:
    made = await world.household(registry, 1)
    response = await registry.patch(
        f"/v1/households/{made['id']}", version=1, params={"effective_on": "2100-01-01"}, json={"house_grade": "B"}
    )
    assert response.status_code == 422


async def test_a_timeline_tells_what_happened_newest_first_and_hides_numbers(registry: Api) -> None:
    made = await world.household(registry, 1, house_grade="D", phone="13800138000")
    path = f"/v1/households/{made['id']}"
    await world.helper(registry, made["id"], "李建国", "2018-01-01")
    await world.pathway(registry, made["id"], "LIVESTOCK", "2017-06-01", to="2018-02-28")
    await registry.post(f"{path}/incomes", json={"year": 2017, "persons": 1, "wage_fen": 350_000})
    before = now()
    await changed(registry, path, 1, "2018-03-01", house_grade="B", phone="13900139000")
    member = (await read(registry, f"{path}/members"))["items"][0]
    await changed(registry, f"/v1/members/{member['id']}", 1, "2018-04-01", health=["CHRONIC"])
    await moved(registry, made["id"], OTHER_VILLAGE, "2018-05-01")

    page = await read(registry, f"{path}/timeline")
    entries = {entry["kind"]: entry for entry in page["items"]}
    assert [entry["on"] for entry in page["items"]] == sorted((entry["on"] for entry in page["items"]), reverse=True)
    assert [entry["zh"] for entry in page["items"] if entry["kind"] != "REGISTERED"] == [
        f"迁移：{VILLAGE} → {OTHER_VILLAGE}",
        "成员信息变更：王1（健康状况）",
        "户信息变更：联系电话、住房等级",
        "脱贫路径结束：畜牧养殖",
        "帮扶开始：李建国（农业局）",
        "年度收入：2017年 人均3500.00元",
        "脱贫路径开始：畜牧养殖",
        "户状态：未脱贫",
    ]
    assert entries["HOUSEHOLD_CHANGED"]["detail"]["fields"] == {"phone": "changed", "house_grade": ["D", "B"]}
    assert entries["HOUSEHOLD_CHANGED"]["en"] == "Household changed: phone, house grade"
    assert entries["HOUSEHOLD_CHANGED"]["actor"] is not None
    clerk = await read(registry.as_("town-clerk", "230882102"), f"{path}/timeline")
    assert {entry["actor"] for entry in clerk["items"]} == {None}
    known = await read(registry, f"{path}/timeline", known_at=before)
    assert {"MOVED", "HOUSEHOLD_CHANGED", "MEMBER_CHANGED"}.isdisjoint(entry["kind"] for entry in known["items"])

    paged: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        part = await read(registry, f"{path}/timeline", limit="2", **cursor)
        paged += part["items"]
        if part["next_cursor"] is None:
            break
        cursor = {"cursor": part["next_cursor"]}
    assert paged == page["items"]
    assert (await registry.as_("town-clerk", "230882101").get(f"{path}/timeline")).status_code == 404


async def test_help_pathways_checks_and_incomes_are_read_as_they_were_known(registry: Api) -> None:
    made = await world.household(registry, 1)
    path = f"/v1/households/{made['id']}"
    early = now()
    help_ = await world.helper(registry, made["id"], "李建国", "2018-01-01")
    way = await world.pathway(registry, made["id"], "LIVESTOCK", "2017-06-01")
    check = await world.made(registry.post(f"{path}/guarantees", json={
        "year": 2018, "item": "WATER", "result": "MET", "checked_on": "2018-04-01"}))  # fmt: skip
    await registry.post(f"{path}/incomes", json={"year": 2017, "persons": 1, "wage_fen": 350_000})
    before = now()
    await changed(registry, f"/v1/helper-assignments/{help_['id']}", 1, to="2018-03-31")
    await changed(registry, f"/v1/household-pathways/{way['id']}", 1, to="2018-02-28")
    await changed(registry, f"/v1/guarantees/{check['id']}", 1, result="NOT_MET", checked_on="2018-05-01", evidence="")
    await registry.sql("DELETE FROM household_income")

    async def known(address: str, **when: str) -> list[Any]:
        found: list[Any] = (await read(registry, address, **when))["items"]
        return found

    for address, day in (
        ("/v1/helper-assignments", "on"),
        ("/v1/household-pathways", "on"),
        ("/v1/guarantees", "as_of"),
    ):
        assert await known(address, **{day: DAY, "known_at": early}) == []
    assert [row["to"] for row in await known("/v1/helper-assignments", on=DAY, known_at=before)] == [None]
    assert await known("/v1/helper-assignments", on=DAY) == []
    assert [row["pathway"] for row in await known("/v1/household-pathways", on=DAY, known_at=before)] == ["LIVESTOCK"]
    assert await known("/v1/household-pathways", on=DAY) == []
    assert [row["result"] for row in await known("/v1/guarantees", as_of=DAY, known_at=before)] == ["MET"]
    assert [row["result"] for row in await known("/v1/guarantees", as_of=DAY)] == ["NOT_MET"]
    assert [row["year"] for row in await known(f"{path}/incomes", as_of=DAY, known_at=before)] == [2017]
    assert await known(f"{path}/incomes", as_of=DAY) == await known(f"{path}/incomes") == []
    one = f"/v1/guarantees/{check['id']}"
    assert [(await read(registry, one, **when))["result"] for when in ({}, {"known_at": before})] == ["NOT_MET", "MET"]
    # What is counted follows: lists, gaps, coverage, figures.
    assert [len(await known("/v1/households", as_of=DAY, has_helper="true", **when))
            for when in ({"known_at": early}, {"known_at": before}, {})] == [0, 1, 0]  # fmt: skip
    assert len(await known("/v1/households", as_of=DAY, guarantee_not_met="WATER", known_at=before)) == 0
    assert len(await known("/v1/households", as_of=DAY, guarantee_not_met="WATER")) == 1
    assert [[gap["household_no"] for gap in await known("/v1/helper-gaps", on=DAY, **when) if gap["household_no"]]
            for when in ({"known_at": before}, {})] == [[], [made["household_no"]]]  # fmt: skip
    for when, ways in (({"known_at": before}, 1), ({}, 0)):
        counted = await read(registry, "/v1/pathway-coverage", on=DAY, **when)
        assert [b["households"] for b in counted["buckets"]][ways] == 1
        figures = {f["id"]: f["value"] for f in await known("/v1/figures", as_of=DAY, **when)}
        assert (figures["households_with_one_pathway"], figures["households_without_pathway"]) == (ways, 1 - ways)
    gaps = {"year": "2018", "item": "WATER", "on": DAY}
    assert await known("/v1/guarantee-gaps", **gaps, known_at=before) == []
    assert [gap["kind"] for gap in await known("/v1/guarantee-gaps", **gaps)] == ["NOT_MET"]


async def test_a_snapshot_of_a_past_day_freezes_what_held_on_it(registry: Api) -> None:
    made = await world.household(registry, 1)
    member = (await read(registry, f"/v1/households/{made['id']}/members"))["items"][0]
    await changed(registry, f"/v1/members/{member['id']}", 1, "2018-03-01", labour_ability="ABLE", health=["CHRONIC"])
    await moved(registry, made["id"], OTHER_VILLAGE, "2018-05-01")

    async def frozen(on: str) -> tuple[str, int, int]:
        body = {"division_code": world.COUNTY, "on": on, "purpose": "test"}
        taken = await world.made(registry.post("/v1/snapshots", json=body))
        line = json.loads((await registry.get(f"/v1/snapshots/{taken['id']}/rows")).text)
        return line["division_code"], line["able_labour"], line["ill"]

    assert [await frozen(day) for day in ("2018-02-01", "2018-04-01", DAY)] == [
        (VILLAGE, 0, 0), (VILLAGE, 1, 1), (OTHER_VILLAGE, 1, 1)
    ]  # fmt: skip
    for day, village in (("2018-04-01", VILLAGE), (DAY, OTHER_VILLAGE)):
        line = json.loads((await registry.get("/v1/frame", params={"on": day})).text)
        assert (line["household_id"], line["division_code"]) == (made["id"], village)


async def test_a_person_who_went_to_another_household_stands_in_both_timelines(registry: Api) -> None:
    old, new = [await world.household(registry, n) for n in (1, 2)]
    child = await world.made(registry.post(f"/v1/households/{old['id']}/members", json={
        "name": "王小兰", "sex": "2", "relation": "30", "joined_on": "2010-05-01"}))  # fmt: skip
    await world.made(registry.post(f"/v1/households/{old['id']}/assistance", json={
        "kind": "GOODS", "given_on": "2018-02-01", "given_by": "民政局", "amount_fen": 50_000}))  # fmt: skip
    await registry.sql(
        "WITH since AS MATERIALIZED (SELECT set_config('fupin.effective_on', '2018-03-01', true))"
        " UPDATE member SET household_id = %s, version = version + 1 FROM since WHERE id = %s", new["id"], child["id"],
    )  # fmt: skip

    async def told(household: dict[str, Any]) -> list[tuple[str, str]]:
        page = await read(registry, f"/v1/households/{household['id']}/timeline")
        return [(entry["on"], entry["zh"]) for entry in page["items"] if entry["kind"] not in ("REGISTERED", "STATUS")]

    assert await told(old) == [
        ("2018-03-01", "成员转入他户：王小兰"),
        ("2018-02-01", "帮扶措施：慰问物资（民政局） 500.00元"),
        ("2010-05-01", "成员增加：王小兰"),
    ]
    assert ("2018-03-01", "成员由他户转入：王小兰") in await told(new)
