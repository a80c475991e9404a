"""What becomes of a visit is recorded once; only the next ticket replaces one that failed."""

import psycopg
import pytest

from tests.conftest import Api
from tests.inspection.conftest import Drawn, Json, all_of, new_team, ok, town
from tests.inspection.visiting import DAY, fail, planned, record


def not_poor(visits: list[Json]) -> list[Json]:
    """Visits to households of which their village has two more in reserve: seven are there, five are drawn."""
    return [visit for visit in visits if visit["household_no"][-4:] > "0006"]


async def test_a_reserve_is_visited_only_after_a_recorded_failed_visit(inspection: Api, drawn: Drawn) -> None:
    drawing, visits, checklist = await planned(inspection, drawn, reserves=2)
    first, second, *_ = [v for v in not_poor(visits) if v["village_code"] == visits[0]["village_code"]]
    households = await all_of(
        inspection, f"/v1/draws/{drawing['id']}/households?village={first['village_code']}&role=RESERVE"
    )
    kinds = {
        h["household_no"]: h["poor"]
        for h in await all_of(inspection, f"/v1/draws/{drawing['id']}/households?village={first['village_code']}")
    }
    poor = kinds[first["household_no"]]
    reserves = [h["household_no"] for h in sorted(households, key=lambda h: h["order"]) if h["poor"] == poor]

    too_early = await inspection.post(f"/v1/visits/{first['id']}:replace", json={})
    failed = await fail(inspection, first)
    replacement = await ok(inspection.post(f"/v1/visits/{first['id']}:replace", json={}))
    twice = await inspection.post(f"/v1/visits/{first['id']}:replace", json={})

    assert (too_early.status_code, too_early.json()["code"]) == (409, "visit-not-failed")
    assert (failed["state"], failed["failure"], failed["visited_on"]) == ("FAILED", "AWAY", DAY)
    assert (failed["reported_by"] is not None, failed["note"]) == (True, "邻居称外出务工")
    assert (replacement["household_no"], replacement["replaces"]) == (reserves[0], first["id"])
    assert (replacement["team_id"], replacement["planned_on"]) == (first["team_id"], first["planned_on"])
    assert (twice.status_code, twice.json()["code"]) == (409, "replaced-already")
    await fail(inspection, replacement)
    following = await ok(inspection.post(f"/v1/visits/{replacement['id']}:replace", json={"planned_on": "2018-05-18"}))
    assert (following["household_no"], following["planned_on"]) == (reserves[1], "2018-05-18")
    await fail(inspection, following)
    empty = await inspection.post(f"/v1/visits/{following['id']}:replace", json={})
    assert (empty.status_code, empty.json()["code"]) == (409, "no-reserve-left")
    await record(inspection, second, checklist)
    for visit in (first, second):
        over = await inspection.post(f"/v1/visits/{visit['id']}:fail", json={"visited_on": DAY, "failure": "MOVED"})
        assert (over.status_code, over.json()["code"]) == (409, "visit-over")
        moved = await inspection.patch(f"/v1/visits/{visit['id']}", version=2, json={"planned_on": "2018-05-20"})
        assert (moved.status_code, moved.json()["code"]) == (409, "visit-over")
    tomorrow = {"visited_on": "2199-01-01", "failure": "MOVED"}
    assert (await inspection.post(f"/v1/visits/{visits[-1]['id']}:fail", json=tomorrow)).status_code == 422


async def test_sql_holds_to_the_order_of_the_draw_too(inspection: Api, drawn: Drawn) -> None:
    _, everyone, _ = await planned(inspection, drawn, reserves=2)
    visits = not_poor(everyone)
    insert = """
        INSERT INTO visit (draw_id, household_no, household_id, division_code, county_code, team_id, planned_on,
                           replaces)
        SELECT r.draw_id, r.household_no, r.household_id, r.division_code, r.county_code, v.team_id, v.planned_on, {}
        FROM visit v JOIN draw_household d USING (draw_id, household_no)
        JOIN draw_household r ON (r.draw_id, r.division_code, r.poor) = (d.draw_id, d.division_code, d.poor)
        WHERE v.id = %s AND r.role = 'RESERVE' ORDER BY r.draw_order {} LIMIT 1"""

    with pytest.raises(psycopg.errors.CheckViolation, match="needs a failed visit"):
        await inspection.sql(insert.format("NULL", ""), visits[0]["id"])
    with pytest.raises(psycopg.errors.CheckViolation, match="needs a failed visit"):
        await inspection.sql(insert.format("v.id", ""), visits[0]["id"])
    await fail(inspection, visits[0])
    elsewhere = next(v for v in visits if v["village_code"] != visits[0]["village_code"])
    with pytest.raises(psycopg.errors.CheckViolation, match="needs a failed visit"):
        await inspection.sql(insert.format(f"'{visits[0]['id']}'", ""), elsewhere["id"])
    with pytest.raises(psycopg.errors.CheckViolation, match="not the next ticket"):
        await inspection.sql(insert.format("v.id", "DESC"), visits[0]["id"])
    with pytest.raises(psycopg.errors.CheckViolation, match="stands"):
        await inspection.sql(
            "UPDATE visit SET state = 'PLANNED', visited_on = NULL, failure = NULL, reported_by = NULL WHERE id = %s",
            visits[0]["id"],
        )
    with pytest.raises(psycopg.errors.CheckViolation, match="ck_visit_outcome"):
        await inspection.sql("UPDATE visit SET state = 'FAILED' WHERE id = %s", visits[1]["id"])


async def test_a_team_at_home_does_not_visit_the_reserve_either(inspection: Api, drawn: Drawn) -> None:
    _, visits, _ = await planned(inspection, drawn)
    failed = next(visit for visit in visits if visit["village_code"].startswith(town(0)[:9]))
    home = await new_team(inspection, "二", home=town(0))
    await fail(inspection, failed)

    refused = await inspection.post(f"/v1/visits/{failed['id']}:replace", json={"team_id": home["id"]})

    assert (refused.status_code, refused.json()["code"]) == (409, "team-at-home")
    made = await ok(inspection.post(f"/v1/visits/{failed['id']}:replace", json={}))
    with pytest.raises(psycopg.errors.CheckViolation, match="own place"):
        await inspection.sql("UPDATE visit SET team_id = %s WHERE id = %s", home["id"], made["id"])


async def test_photographs_stay_with_their_visit(inspection: Api, drawn: Drawn) -> None:
    _, visits, _ = await planned(inspection, drawn)
    path = f"/v1/visits/{visits[0]['id']}/attachments"
    picture = {"file": ("房屋.png", b"\x89PNG\r\n\x1a\n" + b"0" * 32, "image/png")}

    kept = await ok(inspection.post(path, files=picture, data={"note": "房屋"}))

    assert (kept["subject_kind"], kept["subject_id"], kept["filename"]) == ("visit", visits[0]["id"], "房屋.png")
    assert len(await all_of(inspection, path)) == 1
    assert (await inspection.as_("inspector", "230882999").get(path)).status_code == 404
