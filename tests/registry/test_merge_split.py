"""Households become one, part, or move: persons and paper go along, what was stays readable."""

import asyncio
from typing import Any

from tests.conftest import Api
from tests.registry import world
from tests.registry.changes import EVIDENCE, approved, cadre, clerk, code, members, officer, step, submitted
from tests.registry.world import OTHER_TOWN, OTHER_VILLAGE, VILLAGE

ON, BEFORE = "2018-05-10", "2018-05-09"


async def _people(registry: Api, household_id: str) -> dict[str, str]:
    return {name: member["id"] for name, member in (await members(registry, household_id)).items()}


def _placed(people: dict[str, str], **relations: str) -> list[dict[str, str]]:
    return [{"member_id": people[name], "relation": relation} for name, relation in relations.items()]


async def _two_homes(registry: Api) -> tuple[dict[str, Any], dict[str, Any]]:
    await world.divisions(registry)
    old = await world.household(registry, 1, members=[world.member(1), world.member(2, relation="10", sex="2")])
    return old, await world.household(registry, 3)


async def test_merged_households_are_one_and_the_old_one_says_where_it_went(registry: Api) -> None:
    old, into = await _two_homes(registry)
    await world.pathway(registry, old["id"], "LIVESTOCK")
    await world.helper(registry, old["id"])
    people = await _people(registry, old["id"])
    done = await approved(
        registry, cadre(registry), "MERGE", household_id=old["id"], version=1, into_household_id=into["id"],
        into_version=1, on=ON, members=_placed(people, 王1="51", 王2="97"),
    )  # fmt: skip
    assert done["other_household_id"] == into["id"]
    gone = (await registry.get("/v1/households", params={"household_no": old["household_no"]})).json()["items"][0]
    assert (gone["status"], gone["status_on"], gone["merged_into"]) == ("CANCELLED", ON, into["id"])
    assert gone["status_reason"] == f"并入 {into['household_no']}: {EVIDENCE['reason']}"
    assert (gone["persons"], gone["head_name"]) == (0, None)
    now = (await registry.get(f"/v1/households/{into['id']}")).json()
    assert (now["persons"], now["head_name"], now["version"], now["merged_into"]) == (3, "王3", 2, None)
    # the persons are the same, with what is recorded of them
    assert {name: m["id"] for name, m in (await members(registry, into["id"])).items() if name != "王3"} == people
    pathways = (await registry.get(f"/v1/households/{old['id']}/pathways")).json()["items"]
    assert [item["to"] for item in pathways] == [BEFORE]
    helpers = await registry.sql(
        "SELECT to_on::text FROM registry.helper_assignment WHERE household_id = %s", old["id"]
    )
    assert helpers == [(BEFORE,)]
    steps = (await registry.get(f"/v1/households/{old['id']}/statuses")).json()["items"]
    assert [item["to_status"] for item in steps] == ["POOR", "CANCELLED"]
    origins = (await registry.get(f"/v1/households/{into['id']}/origins")).json()
    assert origins["merged_into"] is None
    assert [(x["household_id"], x["kind"], x["on"]) for x in origins["lineage"]] == [(old["id"], "MERGED", ON)]
    assert (await registry.get(f"/v1/households/{old['id']}/origins")).json()["merged_into"] == into["id"]
    # and the day before, all stood as it was
    then = {name: m["relation"] for name, m in (await members(registry, old["id"], as_of=BEFORE)).items()}
    assert then == {"王1": "02", "王2": "10"}
    assert [*await members(registry, into["id"], as_of=BEFORE)] == ["王3"]
    assert (await registry.get(f"/v1/households/{old['id']}", params={"as_of": BEFORE})).json()["status"] == "POOR"


async def test_a_merger_that_forgets_somebody_or_has_two_heads_is_refused(registry: Api) -> None:
    old, into = await _two_homes(registry)
    people = await _people(registry, old["id"])
    merger = {"household_id": old["id"], "version": 1, "into_household_id": into["id"], "into_version": 1, "on": ON}
    for placed, problem in (
        (_placed(people, 王1="51"), "members-disagree"),
        (_placed(people, 王1="02", 王2="97"), "heads-disagree"),
    ):
        request = await submitted(cadre(registry), "MERGE", **merger, members=placed)
        await step(clerk(registry), request["id"], "review")
        assert code(await step(officer(registry), request["id"], "approve"))[1] == problem
        assert len(await members(registry, old["id"])) == 2
    for more, problem in (
        ({"on": "2999-01-01"}, "invalid"), ({"on": "2016-01-01"}, "status-backdated"), ({"version": 2}, "stale"),
        ({"into_version": 2}, "stale"), ({"into_household_id": old["id"]}, "invalid"),
    ):  # fmt: skip
        body = {"proposal": {"kind": "MERGE"} | merger | {"members": placed} | more} | EVIDENCE
        assert code(await registry.post("/v1/change-requests", json=body))[1] == problem


async def test_two_mergers_into_each_other_are_not_both_applied(registry: Api) -> None:
    one, two = await _two_homes(registry)
    ids = []
    for old, into in ((one, two), (two, one)):
        people = await _people(registry, old["id"])
        request = await submitted(
            cadre(registry), "MERGE", household_id=old["id"], version=1, into_household_id=into["id"], into_version=1,
            on=ON, members=[{"member_id": id, "relation": "97"} for id in people.values()],
        )  # fmt: skip
        await step(clerk(registry), request["id"], "review")
        ids.append(request["id"])
    answers = await asyncio.gather(*(step(officer(registry), id, "approve") for id in ids))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (await registry.sql("SELECT count(*) FROM registry.household WHERE status = 'CANCELLED'"))[0][0] == 1


async def test_a_household_parts_in_two_with_a_head_each(registry: Api) -> None:
    await world.divisions(registry)
    family = [world.member(1), world.member(2, relation="10", sex="2"), world.member(3, relation="20")]
    home = await world.household(registry, 1, members=family, status="EXITED", exited_on="2017-12-01")
    people = await _people(registry, home["id"])
    split = {"household_id": home["id"], "version": 1, "household_no": "230882101201-0099", "on": ON}
    done = await approved(registry, cadre(registry), "SPLIT", **split, leaving=_placed(people, 王1="02", 王3="20"),
                          staying=_placed(people, 王2="02"))  # fmt: skip
    new = (await registry.get(f"/v1/households/{done['other_household_id']}")).json()
    assert (new["household_no"], new["status"], new["status_on"], new["exited_on"], new["head_name"], new["persons"]) \
        == ("230882101201-0099", "EXITED", ON, "2017-12-01", "王1", 2)  # fmt: skip
    old = (await registry.get(f"/v1/households/{home['id']}")).json()
    assert (old["status"], old["head_name"], old["persons"], old["version"]) == ("EXITED", "王2", 1, 2)
    assert await _people(registry, new["id"]) == {name: people[name] for name in ("王1", "王3")}
    # nobody is counted twice for a day before
    assert (await registry.get("/v1/households", params={"as_of": BEFORE})).json()["items"][0]["id"] == home["id"]
    assert len((await registry.get("/v1/households", params={"as_of": BEFORE})).json()["items"]) == 1
    assert len(await members(registry, home["id"], as_of=BEFORE)) == 3
    origins = (await registry.get(f"/v1/households/{new['id']}/origins")).json()["lineage"]
    assert [(x["household_id"], x["kind"]) for x in origins] == [(home["id"], "SPLIT")]


async def test_a_split_that_leaves_nobody_or_no_head_is_refused_whole(registry: Api) -> None:
    home, other = await _two_homes(registry)
    people = await _people(registry, home["id"])
    split = {"household_id": home["id"], "version": 1, "household_no": "230882101201-0099", "on": ON}
    for more, problem in (
        ({"leaving": _placed(people, 王1="02", 王2="10")}, "members-disagree"),
        ({"leaving": _placed(people, 王1="02")}, "heads-disagree"),
        ({"leaving": _placed(people, 王2="10")}, "heads-disagree"),
        ({"leaving": _placed(people, 王2="02"), "household_no": other["household_no"]}, "household-no-taken"),
        ({"leaving": _placed(await _people(registry, other["id"]), 王3="02")}, "members-disagree"),
    ):
        request = await submitted(cadre(registry), "SPLIT", **split | more)
        await step(clerk(registry), request["id"], "review")
        assert code(await step(officer(registry), request["id"], "approve"))[1] == problem
    assert await registry.sql("SELECT count(*) FROM registry.household") == [(2,)]
    assert (await registry.get(f"/v1/households/{home['id']}")).json()["version"] == 1


async def test_a_household_moves_to_another_town_when_that_town_agrees(registry: Api) -> None:
    home, _ = await _two_homes(registry)
    await world.pathway(registry, home["id"], "LIVESTOCK")
    await world.helper(registry, home["id"])
    move = {"household_id": home["id"], "version": 1, "to_division_code": OTHER_VILLAGE, "on": ON}
    request = await submitted(cadre(registry), "TRANSFER", **move)
    assert (await clerk(registry, OTHER_TOWN).get(f"/v1/change-requests/{request['id']}")).json()[
        "household_no"
    ] is None
    assert code(await step(clerk(registry), request["id"], "review")) == (409, "receiving-town-reviews")
    assert (await step(clerk(registry, OTHER_TOWN), request["id"], "review")).status_code == 200
    assert (await step(officer(registry), request["id"], "approve")).status_code == 200

    seen = (await clerk(registry, OTHER_TOWN).get(f"/v1/households/{home['id']}")).json()
    assert (seen["division_code"], seen["household_no"], seen["version"]) == (OTHER_VILLAGE, home["household_no"], 2)
    assert (await cadre(registry).get(f"/v1/households/{home['id']}")).status_code == 404
    assert (await cadre(registry).get(f"/v1/change-requests/{request['id']}")).json()["state"] == "APPROVED"
    for table in ("member", "household_status", "household_pathway", "helper_assignment"):
        places = await registry.sql(f"SELECT DISTINCT division_code FROM registry.{table} WHERE household_id = %s",
                                    home["id"])  # fmt: skip
        assert places == [(OTHER_VILLAGE,)], table
    origins = (await registry.get(f"/v1/households/{home['id']}/origins")).json()
    assert [(m["from_code"], m["to_code"], m["moved_on"]) for m in origins["moves"]] == [(VILLAGE, OTHER_VILLAGE, ON)]
    for division, day, found in ((VILLAGE, BEFORE, 2), (VILLAGE, ON, 1), (OTHER_VILLAGE, BEFORE, 0),
                                 (OTHER_VILLAGE, ON, 1)):  # fmt: skip
        listed = await registry.get("/v1/households", params={"division": division, "as_of": day})
        assert len(listed.json()["items"]) == found, (division, day)
        listed = await registry.get("/v1/members", params={"division": division, "as_of": day})
        assert len(listed.json()["items"]) == found + (found == 2 or (division == OTHER_VILLAGE and day == ON))
    # back again, but not before it came
    back = {"household_id": home["id"], "version": 2, "to_division_code": VILLAGE, "on": BEFORE}
    request = await submitted(clerk(registry, OTHER_TOWN), "TRANSFER", **back)
    await step(clerk(registry), request["id"], "review")
    assert code(await step(officer(registry), request["id"], "approve")) == (409, "move-backdated")


async def test_a_move_that_cannot_be_is_refused_by_name(registry: Api) -> None:
    home, _ = await _two_homes(registry)
    move = {"kind": "TRANSFER", "household_id": home["id"], "version": 1, "on": ON}
    for to, problem in (
        (VILLAGE, "same-village"), ("230882102299", "unknown-target-village"), ("230883101201", "another-county"),
        (OTHER_TOWN, "invalid"),
    ):  # fmt: skip
        body = {"proposal": move | {"to_division_code": to}} | EVIDENCE
        assert code(await cadre(registry).post("/v1/change-requests", json=body))[1] == problem
