"""交叉互检: every village work team to another one's village, nobody to their own place, a result for each pairing."""

from hypothesis import given
from hypothesis import strategies as st

from services.inspection.rules import crossing
from services.inspection.rules.places import lies_in
from tests.conftest import Api
from tests.inspection.conftest import Json, all_of, new_team, ok, village

EIGHT = [village(n // 4, n % 4) for n in range(8)]


async def village_teams(inspection: Api) -> list[Json]:
    return [await new_team(inspection, str(n), kind="VILLAGE_WORK", home=home) for n, home in enumerate(EIGHT)]


async def test_eight_teams_inspect_each_others_villages_and_repeat_no_pairing_before_they_must(
    inspection: Api,
) -> None:
    teams = await village_teams(inspection)
    asked = {"team_ids": [team["id"] for team in teams]}
    homes = {team["id"]: team["home_division_code"] for team in teams}

    seen: set[tuple[str, str]] = set()
    for day in range(9, 16):  # seven rounds: every team in every other village once
        found = await ok(
            inspection.post("/v1/cross-inspections:pair", json=asked | {"planned_on": f"2018-04-{day:02}"})
        )
        pairs = {(row["team_id"], row["village_code"]) for row in found["items"]}
        assert sorted(code for _, code in pairs) == sorted(EIGHT)
        assert all(homes[team] != code for team, code in pairs)
        assert (found["repeated"], pairs & seen) == (0, set())
        seen |= pairs
    eighth = await ok(inspection.post("/v1/cross-inspections:pair", json=asked | {"planned_on": "2018-04-16"}))
    other = await new_team(inspection, "督查")
    wrong = {"team_ids": [teams[0]["id"], other["id"]], "planned_on": "2018-11-01"}
    refused = await inspection.post("/v1/cross-inspections:pair", json=wrong)

    assert (len(seen), eighth["repeated"]) == (56, 8)
    assert (refused.status_code, refused.json()["code"]) == (409, "no-pairing")


async def test_a_cross_inspection_that_was_done_says_when_with_which_result_and_what_was_learned(
    inspection: Api,
) -> None:
    teams = await village_teams(inspection)
    crossing_ = {"team_id": teams[0]["id"], "village_code": EIGHT[1], "planned_on": "2018-04-11"}
    made = await ok(inspection.post("/v1/cross-inspections", json=crossing_))
    path = f"/v1/cross-inspections/{made['id']}"
    done = {"done_on": "2018-04-12", "result": "WANTING", "experience": "台账规范；危房一户未鉴定"}

    half = await inspection.patch(path, version=1, json={"done_on": "2018-04-12"})
    whole = await ok(inspection.patch(path, version=1, json=done), 200)
    found = {
        "cross_inspection_id": made["id"], "subject": "VILLAGE", "kind": "05", "severity": "MINOR",
        "description": "危房一户未鉴定", "responsible_unit": "住建局", "found_on": "2018-04-12", "working_days": 10,
    }  # fmt: skip
    finding = await ok(inspection.post("/v1/findings", json=found))

    assert (half.status_code, half.json()["code"]) == (422, "cross-result-missing")
    assert whole["result"] == "WANTING"
    assert (finding["division_code"], finding["team_id"]) == (EIGHT[1], teams[0]["id"])
    assert len(await all_of(inspection, f"/v1/findings?cross_inspection_id={made['id']}")) == 1


@given(
    st.lists(st.sampled_from(EIGHT), min_size=2, max_size=8, unique=True),
    st.dictionaries(st.tuples(st.integers(0, 7), st.sampled_from(EIGHT)), st.integers(1, 3)),
)
def test_a_round_leaves_no_team_at_home_and_no_village_out(
    homes: list[str], before: dict[tuple[int, str], int]
) -> None:
    villages = dict(enumerate(homes))
    found = crossing.pair(villages, {team: [home] for team, home in villages.items()}, before)
    assert found is not None  # whole villages differ, so that there is always a round
    assert sorted(found.values()) == sorted(homes)
    assert not any(lies_in(village_, villages[team]) for team, village_ in found.items())


def test_a_round_that_cannot_be_is_none() -> None:
    town = "230882101000"
    villages = {1: EIGHT[0], 2: EIGHT[1]}
    assert crossing.pair(villages, {1: [EIGHT[0], town], 2: [EIGHT[1]]}, {}) is None
