"""Rosters taken from the registry: by criteria, on a day, frozen, and good to be compared."""

from tests.conftest import Api
from tests.registry.files import HOUSEHOLDS, ROSTER, csv_file, housed, imported, person, send
from tests.registry.world import OTHER_VILLAGE, TOWN, divisions, id_number


async def test_a_roster_taken_from_the_registry_holds_who_fits_on_the_day_and_never_changes(registry: Api) -> None:
    await divisions(registry)
    rows = [person(1, 1), person(2, 1, "配偶"), person(3, 2, 户类型="MINIMUM_LIVING"), person(4, 3, 居住类型="城镇"),
            person(5, 4, village=OTHER_VILLAGE), person(6, 5, 识别日期="2018-01-15")]  # fmt: skip
    assert (await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, rows)))["added"] == 5
    body = {"name": "农村建档立卡户", "kind": "HOUSING", "as_of": "2017-12-31",
            "criteria": {"registered": True, "residence": "RURAL", "division": TOWN[:9]}}  # fmt: skip
    answer = await registry.post("/v1/rosters:from-registry", json=body)
    assert answer.status_code == 202, answer.text
    await registry.drain()
    taken = (await registry.get(answer.headers["content-location"])).json()
    assert (taken["state"], taken["row_count"], taken["criteria"]) == ("READY", 2, body["criteria"])
    await registry.sql("UPDATE member SET name = '改名'")
    found = (await registry.get(f"/v1/rosters/{taken['id']}/rows")).json()["items"]
    assert [(row["row_no"], row["name"], row["category"]) for row in found] == [
        (1, "张1", "REGISTERED_POOR"), (2, "张3", "MINIMUM_LIVING")]  # fmt: skip
    [[sealed, index]] = await registry.sql("SELECT id_number_enc, id_number_index FROM roster_row WHERE row_no = 1")
    vault = registry.runtime.vault
    assert vault.open(sealed, "registry.roster_row.id_number") == id_number(1)
    assert index == vault.index(id_number(1), "registry.member.id_number")

    rules = (await registry.get("/v1/eligibility-rules", params={"purpose": "FOUR_CATEGORIES"})).json()["items"]
    ruled = body | {"criteria": {"residence": "RURAL", "rule_id": rules[0]["id"]}}
    answer = await registry.post("/v1/rosters:from-registry", json=ruled)
    assert answer.status_code == 202, answer.text
    await registry.drain()
    rows = f"{answer.headers['content-location']}/rows"
    found = (await registry.get(rows)).json()["items"]
    assert [(row["name"], row["category"]) for row in found] == [
        ("改名", "POOR_DISABLED"), ("改名", "MINIMUM_LIVING"), ("改名", "POOR_DISABLED")]  # fmt: skip
    leaving = (await registry.get("/v1/eligibility-rules", params={"purpose": "EXIT"})).json()["items"][0]["id"]
    wrong = await registry.post("/v1/rosters:from-registry", json=body | {"criteria": {"rule_id": leaving}})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "wrong-purpose")

    newer = await send(registry, "/v1/rosters", csv_file(ROSTER, [housed(1, 户主姓名="张1", 四类人员类别="")]),
                       name="新", kind="HOUSING", as_of="2018-04-30")  # fmt: skip
    compared = {"name": "比对", "base_roster_id": taken["id"], "newer_roster_id": newer["id"], "as_of": "2018-05-01"}
    answer = await registry.post("/v1/comparisons", json=compared)
    await registry.drain()
    sums = (await registry.get(answer.headers["content-location"])).json()["sums"]
    assert (sums["base_rows"], sums["kept"], sums["removed"]) == (2, 1, 1)
