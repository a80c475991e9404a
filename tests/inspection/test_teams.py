"""A team never inspects its own place: not by the API, not by SQL."""

import psycopg
import pytest

from tests.conftest import Api
from tests.inspection.conftest import COUNTY, Drawn, Json, all_of, new_team, ok, town, village


async def planned(inspection: Api, drawn: Drawn, **plan: object) -> tuple[Json, list[Json], Json]:
    """A draw in two towns, visited by a team from each and by one from nowhere."""
    _, drawing = await drawn(**plan)
    teams = [
        await new_team(inspection, name, home=home) for name, home in (("一", town(0)), ("二", town(1)), ("三", None))
    ]
    made = await ok(
        inspection.post(f"/v1/draws/{drawing['id']}/visits", json={"team_ids": [team["id"] for team in teams]})
    )
    return drawing, teams, made


async def test_visits_are_planned_for_every_main_household_and_nobody_goes_home(inspection: Api, drawn: Drawn) -> None:
    drawing, teams, made = await planned(inspection, drawn)

    visits = await all_of(inspection, f"/v1/visits?draw_id={drawing['id']}")

    assert made["visits"] == len(visits) == 100
    assert len({visit["household_no"] for visit in visits}) == 100
    for team, home in zip(teams, (town(0), town(1)), strict=False):
        assert not [v for v in visits if v["team_id"] == team["id"] and v["village_code"].startswith(home[:9])]
    assert sorted(team["villages"] for team in made["teams"]) == [3, 3, 4]
    assert {visit["planned_on"] for visit in visits} == {"2018-05-10", "2018-05-11"}  # Thursday, Friday
    again = await inspection.post(f"/v1/draws/{drawing['id']}/visits", json={"team_ids": [teams[2]["id"]]})
    assert (again.status_code, again.json()["code"]) == (409, "already-planned")


async def test_a_team_that_would_inspect_its_own_town_is_refused(inspection: Api, drawn: Drawn) -> None:
    drawing, teams, _ = await planned(inspection, drawn)
    place = (await all_of(inspection, f"/v1/draws/{drawing['id']}/villages?town={town(0)}"))[0]["village_code"]
    visit = (await all_of(inspection, f"/v1/visits?village={place}"))[0]

    refused = await inspection.patch(f"/v1/visits/{visit['id']}", version=1, json={"team_id": teams[0]["id"]})
    allowed = await inspection.patch(f"/v1/visits/{visit['id']}", version=1, json={"team_id": teams[1]["id"]})

    assert (refused.status_code, refused.json()["code"]) == (409, "team-at-home")
    assert (allowed.status_code, allowed.json()["version"]) == (200, 2)
    with pytest.raises(psycopg.errors.CheckViolation, match="own place"):
        await inspection.sql("UPDATE visit SET team_id = %s WHERE id = %s", teams[0]["id"], visit["id"])


async def test_a_members_home_counts_as_the_teams(inspection: Api, drawn: Drawn) -> None:
    drawing, teams, _ = await planned(inspection, drawn)
    member = {"name": "赵某", "unit": "农业局", "home_division_code": town(0), "joined_on": "2018-05-01"}

    refused = await inspection.post(f"/v1/teams/{teams[1]['id']}/members", json=member)
    moved = await inspection.patch(f"/v1/teams/{teams[1]['id']}", version=1, json={"home_division_code": town(0)})
    elsewhere = await inspection.post(
        f"/v1/teams/{teams[1]['id']}/members", json=member | {"home_division_code": town(1)}
    )

    assert (refused.status_code, refused.json()["code"]) == (409, "member-at-home-on-the-list")
    assert (moved.status_code, moved.json()["code"]) == (409, "home-on-the-list")
    assert elsewhere.status_code == 201
    stuck = await inspection.post(f"/v1/draws/{drawing['id']}/visits", json={"team_ids": [teams[0]["id"]]})
    assert (stuck.status_code, stuck.json()["code"]) == (409, "no-team-without-conflict")


async def test_a_town_cannot_make_a_place_outside_its_sight_the_home_of_a_team_that_goes_there(
    inspection: Api, drawn: Drawn
) -> None:
    _, drawing = await drawn()
    away = await new_team(inspection, "镇", home=town(0), division_code=town(0))
    county = await new_team(inspection, "县", home=town(1))
    both = {"team_ids": [away["id"], county["id"]]}
    await ok(inspection.post(f"/v1/draws/{drawing['id']}/visits", json=both))
    clerk = inspection.as_("town-clerk", "230882101")

    assert await all_of(clerk, f"/v1/visits?team_id={away['id']}") == []
    refused = await clerk.patch(f"/v1/teams/{away['id']}", version=1, json={"home_division_code": town(1)})
    assert (refused.status_code, refused.json()["code"]) == (409, "home-on-the-list")
    renamed = await clerk.patch(f"/v1/teams/{away['id']}", version=1, json={"name": "镇督查组"})
    assert renamed.status_code == 200


async def test_visits_are_made_by_inspection_teams_at_work(inspection: Api, drawn: Drawn) -> None:
    _, drawing = await drawn()
    ended = await new_team(inspection, "旧", valid_to="2018-05-10")
    village_team = await new_team(inspection, "驻村", kind="VILLAGE_WORK", home=village(9, 0))

    for team in (ended, village_team):
        refused = await inspection.post(f"/v1/draws/{drawing['id']}/visits", json={"team_ids": [team["id"]]})
        assert (refused.status_code, refused.json()["code"]) == (409, "team-not-on-duty")


async def test_a_period_that_is_too_short_is_refused(inspection: Api, drawn: Drawn) -> None:
    _, drawing = await drawn(period_to="2018-05-13")
    team = await new_team(inspection, "一")

    refused = await inspection.post(f"/v1/draws/{drawing['id']}/visits", json={"team_ids": [team["id"]]})

    assert (refused.status_code, refused.json()["code"]) == (409, "period-too-short")
    assert (refused.json()["villages"], refused.json()["working_days"]) == (10, 2)


async def test_village_teams_inspect_each_other_and_never_themselves(inspection: Api) -> None:
    homes = [village(0, 0), village(0, 1)]
    teams = [await new_team(inspection, home, kind="VILLAGE_WORK", home=home) for home in homes]
    crossing = {"team_id": teams[0]["id"], "village_code": homes[1], "planned_on": "2018-04-20"}

    made = await ok(inspection.post("/v1/cross-inspections", json=crossing))
    at_home = await inspection.post("/v1/cross-inspections", json=crossing | {"village_code": homes[0]})
    twice = await inspection.post("/v1/cross-inspections", json=crossing)
    other = await new_team(inspection, "督查", kind="INSPECTION")
    not_theirs = await inspection.post("/v1/cross-inspections", json=crossing | {"team_id": other["id"]})

    assert made["village_code"] == homes[1]
    assert (at_home.status_code, at_home.json()["code"]) == (409, "village-team-at-home")
    assert (twice.status_code, twice.json()["code"]) == (409, "cross-inspection-already-planned")
    assert (not_theirs.status_code, not_theirs.json()["code"]) == (409, "not-a-village-team")
    with pytest.raises(psycopg.errors.CheckViolation, match="own place"):
        await inspection.sql("UPDATE cross_inspection SET division_code = %s", homes[0])
    done = {"done_on": "2018-04-20", "result": "SOUND", "experience": "台账规范"}
    changed = await inspection.patch(f"/v1/cross-inspections/{made['id']}", version=1, json=done)
    assert (changed.status_code, changed.json()["experience"]) == (200, "台账规范")


async def test_a_team_is_at_home_where_its_kind_says(inspection: Api) -> None:
    body = {"division_code": COUNTY, "name": "x", "valid_from": "2018-03-01"}

    for kind, at in (("VILLAGE_WORK", None), ("VILLAGE_WORK", town(0)), ("ROVING", COUNTY)):
        refused = await inspection.post("/v1/teams", json=body | {"kind": kind, "home_division_code": at})
        assert (refused.status_code, refused.json()["code"]) == (422, "village-team-needs-its-village")


async def test_members_come_and_go(inspection: Api) -> None:
    body = {"name": "钱某", "unit": "水务局", "leads": True, "joined_on": "2018-03-01"}
    team = await new_team(inspection, "一", members=[body, body | {"name": "孙某", "leads": False}])
    path = f"/v1/teams/{team['id']}/members"
    first = (await all_of(inspection, path))[0]

    await ok(inspection.patch(f"/v1/team-members/{first['id']}", version=1, json={"left_on": "2018-04-01"}), 200)

    assert [m["name"] for m in await all_of(inspection, f"{path}?on=2018-03-31")] == ["钱某", "孙某"]
    assert [m["name"] for m in await all_of(inspection, f"{path}?on=2018-04-01")] == ["孙某"]


async def test_a_town_sees_its_villages_and_not_the_countys_teams(inspection: Api, drawn: Drawn) -> None:
    drawing, teams, _ = await planned(inspection, drawn)
    clerk = inspection.as_("inspector", "230882101")

    seen = await all_of(clerk, "/v1/visits")

    assert {visit["village_code"][:9] for visit in seen} == {"230882101"}
    assert len(seen) == 50
    assert (await clerk.get(f"/v1/teams/{teams[0]['id']}")).status_code == 404
    assert (await clerk.get(f"/v1/draws/{drawing['id']}")).status_code == 404
    abroad = {"division_code": COUNTY, "kind": "ROVING", "name": "x", "valid_from": "2018-03-01"}
    assert (await clerk.post("/v1/teams", json=abroad)).status_code == 404


async def test_reading_does_not_allow_planning(inspection: Api) -> None:
    assert (await inspection.as_("auditor").post("/v1/plans", json={})).status_code == 403
    assert (await inspection.anonymous().get("/v1/teams")).status_code == 401
