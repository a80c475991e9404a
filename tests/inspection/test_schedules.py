"""From a draw to who goes where on which day."""

from typing import Any

import icalendar
import psycopg
import pytest

from tests.conftest import Api
from tests.inspection.conftest import COUNTY, Drawn, Json, all_of, new_team, ok, town, village


async def crews(inspection: Api, homes: list[str | None]) -> list[Json]:
    return [await new_team(inspection, f"第{n}组", home=home) for n, home in enumerate(homes, 1)]


async def scheduled(inspection: Api, plan: Json, crew: list[Json], **asked: Any) -> Json:
    """Ask for a schedule and let it be worked out; the operation."""
    body = {"teams": [{"team_id": team["id"]} for team in crew], "most_days": 4} | asked
    operation = await ok(inspection.post(f"/v1/plans/{plan['id']}/schedules", json=body), 202)
    await inspection.drain()
    return await ok(inspection.get(f"/v1/operations/{operation['id']}"), 200)


async def stops_of(inspection: Api, operation: Json) -> list[Json]:
    assert operation["state"] == "SUCCEEDED", operation
    return await all_of(inspection, f"{operation['result']['href']}/stops")


async def test_a_schedule_is_proven_even_and_leaves_every_team_away_from_home(inspection: Api, drawn: Drawn) -> None:
    plan, draw = await drawn()
    teams = await crews(inspection, [town(0), town(1), None])

    operation = await scheduled(inspection, plan, teams)
    stops = await stops_of(inspection, operation)
    schedule = await ok(inspection.get(operation["result"]["href"]), 200)
    (county,) = await all_of(inspection, f"{operation['result']['href']}/counties")

    drawn_villages = {v["village_code"] for v in await all_of(inspection, f"/v1/draws/{draw['id']}/villages")}
    assert {s["village_code"] for s in stops} == drawn_villages
    assert len(stops) == len(drawn_villages)
    homes = dict(zip((team["id"] for team in teams), (town(0), town(1), None), strict=True))
    assert not any((home := homes[s["team_id"]]) and s["village_code"].startswith(home[:9]) for s in stops)
    counts = [sum(s["team_id"] == team["id"] for s in stops) for team in teams]
    assert max(counts) - min(counts) <= 1
    assert (schedule["optimal"], schedule["gap"], county["seat"]) == (True, 0.0, "REGISTRY")
    assert schedule["bound_minutes"] == schedule["travel_minutes"] == county["travel_minutes"]
    # the plan begins on Thursday 10 May; the next two days are a weekend
    assert {s["planned_on"] for s in stops} <= {"2018-05-10", "2018-05-11", "2018-05-14", "2018-05-15"}

    again = await stops_of(inspection, await scheduled(inspection, plan, teams))
    own = ("schedule_id",)
    assert [{k: v for k, v in s.items() if k not in own} for s in again] == [
        {k: v for k, v in s.items() if k not in own} for s in stops
    ]


async def test_an_adopted_schedule_plans_visits_and_fills_the_teams_calendar(inspection: Api, drawn: Drawn) -> None:
    plan, draw = await drawn()
    teams = await crews(inspection, [None, None])
    operation = await scheduled(inspection, plan, teams)
    stops = await stops_of(inspection, operation)

    adopted = await ok(inspection.post(f"{operation['result']['href']}:adopt"), 200)
    again = await inspection.post(f"{operation['result']['href']}:adopt")

    assert adopted["adopted_at"]
    assert (again.status_code, again.json()["code"]) == (409, "schedule-outdated")
    visits = await all_of(inspection, f"/v1/visits?draw_id={draw['id']}")
    assert len(visits) == draw["households"]
    planned = {s["village_code"]: (s["team_id"], s["planned_on"]) for s in stops}
    assert all(planned[v["village_code"]] == (v["team_id"], v["planned_on"]) for v in visits)

    calendar = await ok(
        inspection.post(
            "/v1/calendars", json={"kind": "team-days", "name": "第1组", "filters": {"team_id": teams[0]["id"]}}
        )
    )
    file = await inspection.http.get(calendar["url"])
    events = icalendar.Calendar.from_ical(file.content).walk("VEVENT")
    assert len(events) == sum(s["team_id"] == teams[0]["id"] for s in stops)
    sheet = await inspection.get(f"{operation['result']['href']}/stops/export?format=csv")
    assert sheet.text.count("\n") == len(stops) + 1


async def test_a_team_is_never_on_two_places_at_once_nor_at_home(inspection: Api, drawn: Drawn) -> None:
    plan, _ = await drawn()
    teams = await crews(inspection, [town(0), None])
    operation = await scheduled(inspection, plan, teams)
    stop = (await stops_of(inspection, operation))[0]
    add = """
        INSERT INTO schedule_stop (schedule_id, division_code, county_code, name, team_id, planned_on, position,
                                   travel_minutes, home_minutes, arrives_at, leaves_at, visits)
        VALUES (%s, %s, %s, '村', %s, %s, 1, 0, 0, %s, %s, 1)"""
    row = (operation["id"], village(1, 0)[:9] + "999", COUNTY)
    day = (stop["planned_on"], stop["arrives_at"], stop["leaves_at"])

    with pytest.raises(psycopg.errors.ExclusionViolation):
        await inspection.sql(add, *row, stop["team_id"], *day)
    with pytest.raises(psycopg.errors.CheckViolation, match="never inspects its own place"):
        await inspection.sql(
            add, operation["id"], village(0, 0)[:9] + "999", COUNTY, teams[0]["id"], "2018-06-20", "08:00", "09:00"
        )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await inspection.sql("UPDATE schedule_stop SET planned_on = planned_on")


async def test_after_an_illness_only_what_must_move_moves(inspection: Api, drawn: Drawn) -> None:
    plan, draw = await drawn(villages=8)
    teams = await crews(inspection, [None, None, None])
    operation = await scheduled(inspection, plan, teams, most_days=6)
    before = await stops_of(inspection, operation)
    await ok(inspection.post(f"{operation['result']['href']}:adopt"), 200)
    first = min(s["planned_on"] for s in before)
    second = min(s["planned_on"] for s in before if s["planned_on"] > first)
    ill = next(s["team_id"] for s in before if s["planned_on"] == second)
    must = {s["village_code"] for s in before if s["team_id"] == ill and s["planned_on"] == second}

    crew = [{"team_id": t["id"], "absent_on": [second] if t["id"] == ill else []} for t in teams]
    body = {"teams": crew, "replaces_id": operation["id"], "starts_on": second, "most_days": 5}
    replanned = await scheduled(inspection, plan, [], **body)
    after = await stops_of(inspection, replanned)
    said = await ok(inspection.get(replanned["result"]["href"]), 200)
    await ok(inspection.post(f"{replanned['result']['href']}:adopt"), 200)

    place = {s["village_code"]: (s["team_id"], s["planned_on"]) for s in before}
    moved = {s["village_code"] for s in after if place[s["village_code"]] != (s["team_id"], s["planned_on"])}
    assert {s["village_code"] for s in after} == set(place)
    assert moved == must
    assert (said["moved"], said["least_moved"], said["optimal"]) == (len(must), len(must), True)
    visits = await all_of(inspection, f"/v1/visits?draw_id={draw['id']}")
    now = {s["village_code"]: (s["team_id"], s["planned_on"]) for s in after}
    assert all(now[v["village_code"]] == (v["team_id"], v["planned_on"]) for v in visits)
    assert not any(v["team_id"] == ill and v["planned_on"] == second for v in visits)


async def test_what_stands_in_the_way_is_named_with_how_much_is_missing(inspection: Api, drawn: Drawn) -> None:
    plan, _ = await drawn()
    teams = await crews(inspection, [None, town(0)])

    few_days = await scheduled(inspection, plan, teams[:1], most_days=1)
    at_home = await scheduled(inspection, plan, teams[1:])
    too_far = await scheduled(
        inspection, plan, teams[:1], seats=[{"county_code": COUNTY, "longitude": 125.0, "latitude": 47.2}]
    )

    assert [op["state"] for op in (few_days, at_home, too_far)] == ["FAILED"] * 3
    problem = few_days["problem"]
    assert (problem["code"], problem["team_days"], problem["team_days_missing"]) == ("too-few-team-days", 1, 4)
    assert (at_home["problem"]["code"], at_home["problem"]["village"][:9]) == ("no-team-without-conflict", town(0)[:9])
    assert too_far["problem"]["code"] == "village-beyond-day"
    assert too_far["problem"]["minutes_missing"] == too_far["problem"]["minutes_needed"] - 540
    assert await inspection.sql("SELECT count(*) FROM schedule") == [(0,)]
