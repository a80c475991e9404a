"""From a plan to its draw: frozen, published, named in advance, repeatable."""

import hashlib

import psycopg
import pytest

from services.inspection.rules import proof
from tests.conftest import Api
from tests.inspection.conftest import (
    COUNTY,
    DAY,
    Drawn,
    Json,
    all_of,
    draw,
    freeze,
    name_event,
    new_plan,
    ok,
    publish,
    settle,
    town,
    village,
)  # fmt: skip


async def test_every_town_has_four_sampled_villages_and_every_poor_village_is_key(
    inspection: Api, drawn: Drawn
) -> None:
    plan, drawing = await drawn(towns=3, villages=7)

    found = await all_of(inspection, f"/v1/draws/{drawing['id']}/villages")
    sampled = [v for v in found if v["stratum"] == "SAMPLE"]
    key = [v for v in found if v["stratum"] == "KEY"]

    assert {v["village_code"] for v in key} == {village(t, 0) for t in range(3)}
    assert all(sum(v["town_code"] == town(t) for v in sampled) == 4 for t in range(3))
    assert {(v["probability"], float(v["weight"])) for v in key} == {("1/1", 1.0)}
    assert {(v["probability"], float(v["weight"])) for v in sampled} == {("4/6", 1.5)}
    assert (drawing["villages"], drawing["households"], plan["state"]) == (15, 150, "DRAFT")
    assert (await ok(inspection.get(f"/v1/plans/{plan['id']}"), 200))["state"] == "DRAWN"


async def test_every_village_gives_five_poor_and_five_other_households_and_reserves(
    inspection: Api, drawn: Drawn
) -> None:
    _, drawing = await drawn()

    units = await all_of(inspection, f"/v1/draws/{drawing['id']}/households")
    assert len(units) == 10 * (5 + 5 + 1 + 1)
    for place in {u["village_code"] for u in units}:
        for poor in (True, False):
            roles = [u["role"] for u in units if u["village_code"] == place and u["poor"] is poor]
            assert sorted(roles) == ["MAIN"] * 5 + ["RESERVE"]
    key = next(u for u in units if u["village_code"] == village(0, 0) and u["poor"])
    other = next(u for u in units if u["village_code"] not in {village(0, 0), village(1, 0)} and not u["poor"])
    assert (key["stage_probability"], key["probability"]) == ("5/6", "5/6")
    assert (other["stage_probability"], other["probability"], other["weight"]) == ("5/7", "20/35", "1.750000000000")
    assert [*await _main(inspection, drawing["id"])] == [u["id"] for u in units if u["role"] == "MAIN"]


async def _main(inspection: Api, draw_id: str) -> list[str]:
    return [u["id"] for u in await all_of(inspection, f"/v1/draws/{draw_id}/households?role=MAIN")]


async def test_the_proof_repeats_the_draw_and_a_tampered_one_does_not(inspection: Api, drawn: Drawn) -> None:
    _, drawing = await drawn()

    shown = await ok(inspection.get(f"/v1/draws/{drawing['id']}/proof"), 200)

    assert proof.verify(shown) == []
    assert shown["seed"] == "03 09 11 20 25 31 07"
    shown["households"][0]["ticket"] = "0" * 64
    assert len(proof.verify(shown)) == 1


async def test_the_digest_is_that_of_the_lines(registry: Api, inspection: Api) -> None:
    await settle(registry, 1, 2, 1, poor=1, other=1)
    frame = await freeze(inspection, await new_plan(inspection))

    lines = await inspection.get(f"/v1/frames/{frame['id']}/lines")

    assert lines.text.splitlines() == [
        f"V|{village(0, 0)}|{town(0)}|KEY",
        f"V|{village(0, 1)}|{town(0)}|SAMPLE",
        f"H|{village(0, 0)}-0001|{village(0, 0)}|POOR",
        f"H|{village(0, 0)}-0002|{village(0, 0)}|OTHER",
        f"H|{village(0, 1)}-0001|{village(0, 1)}|POOR",
        f"H|{village(0, 1)}-0002|{village(0, 1)}|OTHER",
    ]
    assert hashlib.sha256(lines.content).hexdigest() == frame["digest"]


async def test_a_frozen_frame_cannot_be_changed(registry: Api, inspection: Api) -> None:
    await settle(registry, 1, 2, 1)
    plan = await new_plan(inspection)
    await freeze(inspection, plan)

    for table in ("frame", "frame_village", "frame_household"):
        for change in (f"UPDATE {table} SET frame_id = frame_id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedColumn)):
                await inspection.sql(change)
    with pytest.raises(psycopg.errors.RestrictViolation):
        await inspection.admin_sql("UPDATE inspection.frame_household SET poor = NOT poor")
    again = await inspection.post(f"/v1/plans/{plan['id']}/frame", json={"frame_on": DAY, "frozen_on": DAY})
    assert (again.status_code, again.json()["code"]) == (409, "frame-already-frozen")


async def test_what_is_sampled_cannot_change_once_the_frame_is_frozen(registry: Api, inspection: Api) -> None:
    await settle(registry, 1, 2, 1)
    plan = await new_plan(inspection)
    await freeze(inspection, plan)

    refused = await inspection.patch(f"/v1/plans/{plan['id']}", version=1, json={"villages_per_town": 1})
    allowed = await inspection.patch(f"/v1/plans/{plan['id']}", version=1, json={"period_to": "2018-07-31"})

    assert (refused.status_code, refused.json()["code"]) == (409, "plan-frozen")
    assert (allowed.status_code, allowed.json()["period_to"], allowed.json()["version"]) == (200, "2018-07-31", 2)


async def test_a_seed_before_the_frame_is_refused(registry: Api, inspection: Api) -> None:
    await settle(registry, 1, 2, 1)
    plan = await new_plan(inspection)
    event = {"event": "e", "named_on": "2018-05-03", "occurs_on": "2018-05-06"}
    seed = {"seed": "1", "drawn_on": "2018-05-07"}

    refusals = [
        await inspection.post(f"/v1/plans/{plan['id']}/seed-events", json=event),
        await inspection.post(f"/v1/plans/{plan['id']}/draws", json=seed),
    ]
    await freeze(inspection, plan)
    refusals += [
        await inspection.post(f"/v1/plans/{plan['id']}/seed-events", json=event),
        await inspection.post(f"/v1/plans/{plan['id']}/draws", json=seed),
    ]

    assert {(r.status_code, r.json()["code"]) for r in refusals} == {(409, "seed-before-frame")}


async def test_the_event_is_named_after_publication_and_before_it_happens(registry: Api, inspection: Api) -> None:
    await settle(registry, 1, 2, 1)
    plan = await new_plan(inspection)
    await publish(inspection, await freeze(inspection, plan))

    for named_on, occurs_on, code in (
        ("2018-05-02", "2018-05-06", "event-not-in-advance"),
        ("2018-05-06", "2018-05-06", "invalid"),
    ):
        event = {"event": "e", "named_on": named_on, "occurs_on": occurs_on}
        refused = await inspection.post(f"/v1/plans/{plan['id']}/seed-events", json=event)
        assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_nothing_is_drawn_before_the_event(registry: Api, inspection: Api) -> None:
    await settle(registry, 1, 2, 1)
    plan = await new_plan(inspection)
    await publish(inspection, await freeze(inspection, plan))
    seed = {"seed": "1", "drawn_on": "2018-05-05"}

    unnamed = await inspection.post(f"/v1/plans/{plan['id']}/draws", json=seed)
    await name_event(inspection, plan)
    early = await inspection.post(f"/v1/plans/{plan['id']}/draws", json=seed)

    assert (unnamed.status_code, unnamed.json()["code"]) == (409, "no-seed-event")
    assert (early.status_code, early.json()["code"]) == (422, "draw-before-its-event")


async def test_a_second_draw_needs_a_published_reason_and_a_fresh_seed(inspection: Api, drawn: Drawn) -> None:
    plan, first = await drawn()
    again = {"seed": "01 02 03 04 05 06 07", "drawn_on": "2018-05-10"}
    event = {"event": "双色球第2018053期", "named_on": "2018-05-08", "occurs_on": "2018-05-09"}

    silent = await inspection.post(f"/v1/plans/{plan['id']}/draws", json=again)
    unreasoned = await inspection.post(f"/v1/plans/{plan['id']}/seed-events", json=event)
    assert {(r.status_code, r.json()["code"]) for r in (silent, unreasoned)} == {(409, "second-seed-without-reason")}

    await name_event(inspection, plan, **event, reason="第一次抽取的三个村因洪水无法到达")
    old_seed = await inspection.post(f"/v1/plans/{plan['id']}/draws", json=again | {"seed": first["seed"]})
    assert (old_seed.status_code, old_seed.json()["code"]) == (409, "seed-used-before")

    second = await draw(inspection, plan, seed=again["seed"], on="2018-05-10")
    assert (first["wave"], second["wave"]) == (1, 2)
    assert proof.verify((await inspection.get(f"/v1/draws/{second['id']}/proof")).json()) == []


async def test_a_draw_cannot_be_changed(inspection: Api, drawn: Drawn) -> None:
    await drawn()

    with pytest.raises(psycopg.errors.ForeignKeyViolation, match="lies in a drawn village"):
        await inspection.sql(
            """INSERT INTO draw_household (draw_id, household_id, household_no, division_code, county_code, poor,
                                           ticket, draw_order, role, stage_num, stage_den, pi_num, pi_den)
               SELECT draw_id, household_id, 'x', left(division_code, 9) || '999', county_code, poor, ticket,
                      draw_order, role, stage_num, stage_den, pi_num, pi_den FROM draw_household LIMIT 1"""
        )

    for table in ("seed_event", "draw", "draw_village", "draw_household", "frame_publication"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await inspection.sql(f"DELETE FROM {table}")
        with pytest.raises(psycopg.errors.RestrictViolation):
            await inspection.admin_sql(f"UPDATE inspection.{table} SET division_code = division_code")


async def test_a_frame_that_no_longer_gives_its_digest_is_not_drawn_from(registry: Api, inspection: Api) -> None:
    await settle(registry, 1, 2, 1)
    plan = await new_plan(inspection)
    frame = await freeze(inspection, plan)
    await publish(inspection, frame)
    await name_event(inspection, plan)
    await inspection.sql(
        """INSERT INTO frame_household (frame_id, household_no, household_id, division_code, county_code, poor)
           VALUES (%s, 'slipped-in', uuidv7(), %s, '230882', true)""",
        frame["id"], village(0, 0),
    )  # fmt: skip

    refused = await inspection.post(f"/v1/plans/{plan['id']}/draws", json={"seed": "1", "drawn_on": "2018-05-07"})

    assert (refused.status_code, refused.json()["code"]) == (409, "frame-changed")


async def test_villages_named_for_a_central_check_are_certain(registry: Api, inspection: Api) -> None:
    await settle(registry, 1, 8, 1)
    named = {"strata": ["KEY", "SAMPLE", "CENTRAL"], "central_villages": [village(0, 3)], "villages_per_town": 2}
    plan = await new_plan(inspection, **named)
    await publish(inspection, await freeze(inspection, plan))
    await name_event(inspection, plan)
    drawing = await draw(inspection, plan)

    found = await all_of(inspection, f"/v1/draws/{drawing['id']}/villages?stratum=CENTRAL")

    assert [(v["village_code"], v["probability"]) for v in found] == [(village(0, 3), "1/1")]
    unknown = await new_plan(inspection, **named | {"plan_no": "2", "central_villages": [village(5, 0)]})
    refused = await inspection.post(f"/v1/plans/{unknown['id']}/frame", json={"frame_on": DAY, "frozen_on": DAY})
    assert (refused.status_code, refused.json()["code"]) == (409, "central-village-unknown")


async def test_the_frame_is_of_its_day(registry: Api, inspection: Api) -> None:
    await settle(registry, 1, 2, 1)
    plan = await new_plan(inspection)

    frame = await ok(
        inspection.post(f"/v1/plans/{plan['id']}/frame", json={"frame_on": "2018-01-01", "frozen_on": DAY})
    )
    villages = await all_of(inspection, f"/v1/frames/{frame['id']}/villages")

    assert (frame["villages"], frame["households"], frame["left_out"]) == (2, 26, 0)
    assert [(v["stratum"], v["poor_households"], v["other_households"]) for v in villages] == [
        ("KEY", 6, 7),
        ("SAMPLE", 6, 7),
    ]


async def test_nothing_changes_while_the_registry_is_silent(inspection: Api, services: dict[str, Api]) -> None:
    plan = await new_plan(inspection)
    services["registry"].app.state.runtime = None  # it answers, but with nothing that helps

    refused = await inspection.post(f"/v1/plans/{plan['id']}/frame", json={"frame_on": DAY, "frozen_on": DAY})

    assert (refused.status_code, refused.json()["code"], refused.json()["peer"]) == (503, "unanswered", "registry")
    assert await inspection.sql("SELECT count(*) FROM frame") == [(0,)]


async def test_an_empty_registry_gives_no_frame(inspection: Api) -> None:
    plan = await new_plan(inspection)

    refused = await inspection.post(f"/v1/plans/{plan['id']}/frame", json={"frame_on": DAY, "frozen_on": DAY})

    assert (refused.status_code, refused.json()["code"]) == (409, "nothing-to-sample")


async def test_a_plan_number_is_used_once(inspection: Api) -> None:
    plan = await new_plan(inspection)

    again = await inspection.post("/v1/plans", json={k: plan[k] for k in plan if k not in ("id", "state", "version")})

    assert (again.status_code, again.json()["code"]) == (409, "plan-number-taken")


async def test_a_plan_that_makes_no_sense_is_refused(inspection: Api) -> None:
    plan = {
        "division_code": COUNTY, "plan_no": "x", "purpose": "p", "period_from": "2018-05-10", "period_to": "2018-06-29"
    }  # fmt: skip
    wrong: list[Json] = [
        {"plan_no": "a|b"}, {"villages_per_town": 0}, {"period_to": "2018-01-01"}, {"strata": ["KEY", "KEY"]},
        {"central_villages": [village(0, 0)]}, {"poor_per_village": 0, "non_poor_per_village": 0}, {"strata": []},
    ]  # fmt: skip

    for part in wrong:
        refused = await inspection.post("/v1/plans", json=plan | part)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid"), part


async def test_a_town_with_too_few_villages_gives_all_and_says_so_and_nobody_stands_in_for_nobody(
    inspection: Api, drawn: Drawn
) -> None:
    _, drawing = await drawn(villages_per_town=9, poor_per_village=0)

    found = await all_of(inspection, f"/v1/draws/{drawing['id']}/villages?stratum=SAMPLE")
    units = await all_of(inspection, f"/v1/draws/{drawing['id']}/households")

    assert len(found) == 2 * 5
    assert {(v["certain"], v["probability"], float(v["weight"])) for v in found} == {(True, "5/5", 1.0)}
    assert {u["poor"] for u in units} == {False}
