"""Appropriations: what was granted, came, was planned by two persons and spent; progress and alarms on any day."""

import asyncio
from typing import Any

import pytest

from fujin.funds import TERMS
from fujin.projects import ENTERPRISES
from tests.conftest import Api
from tests.funds.conftest import all_sound, balance, move, refuses
from tests.projects.conftest import project_body
from tests.registry.world import made

(USCC, NAME), _ = ENTERPRISES
GRANTED = {
    "document_no": "县财指（扶贫）〔2018〕12号", "level": "CENTRAL", "year": 2018, "amount_fen": 1_000_000,
    "purpose": "财政专项扶贫资金", "issued_on": "2018-03-01",
}  # fmt: skip


async def grant(maker: Api, **changed: Any) -> str:
    """The path of an appropriation."""
    found = await made(maker.post("/v1/appropriations", json=GRANTED | changed))
    return f"/v1/appropriations/{found['id']}"


async def arrive(maker: Api, path: str, fen: int, key: str = "come") -> dict[str, Any]:
    return await made(maker.post(f"{path}/receipts", key=key, json={"amount_fen": fen, "payer": "县国库"}))


async def plan(maker: Api, checker: Api, path: str, fen: int, **use: Any) -> str:
    """The path of an approved use; money for households unless said otherwise."""
    new = {"kind": "DISTRIBUTION", "title": "分配到户", "amount_fen": fen} | use
    found = await made(maker.post(f"{path}/uses", json=new))
    approved = await checker.post(f"/v1/appropriation-uses/{found['id']}:approve")
    assert approved.json()["state"] == "APPROVED", approved.text
    return f"/v1/appropriation-uses/{found['id']}"


async def standing(api: Api, on: str) -> dict[str, Any]:
    """The progress of the only appropriation; its amounts are those of the rows that it is counted from."""
    (found,) = (await api.get(f"/v1/expenditure-progress?on={on}")).json()["items"]
    shown: dict[str, Any] = found
    for kind, amount in (("RECEIVED", "received_fen"), ("SPENT", "spent_fen"), ("TRANSFERRED", "transferred_fen")):
        asked = {"appropriation_id": shown["id"], "counted_as": kind, "on": on}
        rows = (await api.get("/v1/expenditure-entries", params=asked)).json()["items"]
        assert sum(row["amount_fen"] for row in rows) == shown[amount]
    return shown


async def test_money_comes_and_is_planned_up_to_what_was_granted_and_no_further(maker: Api, checker: Api) -> None:
    path = await grant(maker)
    assert (await maker.post("/v1/appropriations", json=GRANTED)).json()["code"] == "appropriation-exists"
    await arrive(maker, path, 600_000)
    over = await maker.post(f"{path}/receipts", key="over", json={"amount_fen": 400_001, "payer": "县国库"})
    assert over.json()["code"] == "more-than-granted"

    use = await plan(maker, checker, path, 999_999)
    new = {"kind": "DISTRIBUTION", "title": "分配到户", "amount_fen": 2}
    assert (await maker.post(f"{path}/uses", json=new)).json()["code"] == "more-than-granted"
    pay = f"{use}/expenditures"
    short = await maker.post(pay, key="short", json={"amount_fen": 600_001, "payee": "共享账户"})
    assert short.json()["code"] == "short-of-funds"
    spends = [maker.post(pay, key=f"s{n}", json={"amount_fen": 100_000, "payee": "共享账户"}) for n in range(8)]
    codes = sorted(answer.status_code for answer in await asyncio.gather(*spends))
    assert codes == [201] * 6 + [409] * 2
    assert await balance(maker, "shared") == 600_000
    assert await all_sound(maker)


async def test_a_use_is_approved_by_a_second_person_before_money_leaves(funds: Api, maker: Api, checker: Api) -> None:
    path = await grant(maker)
    await arrive(maker, path, 1_000_000)
    new = {"kind": "DISTRIBUTION", "title": "分配到户", "amount_fen": 500_000}
    use = await made(maker.post(f"{path}/uses", json=new))
    at, pay = f"/v1/appropriation-uses/{use['id']}", {"amount_fen": 1, "payee": "共享账户"}

    assert (await maker.post(f"{at}/expenditures", key="1", json=pay)).json()["code"] == "use-not-approved"
    same = funds.as_("finance-checker", sub=use["made_by"])
    assert (await same.post(f"{at}:approve")).json()["code"] == "same-use-approver"
    for attack in (
        "UPDATE appropriation_use SET state = 'APPROVED', approved_by = made_by",
        "UPDATE appropriation_use SET amount_fen = 1",
        "UPDATE appropriation SET amount_fen = 1",
        "DELETE FROM appropriation_entry",
        "DELETE FROM appropriation_use",
    ):
        assert await refuses(maker.sql(attack)), attack
    assert (await checker.post(f"{at}:reject")).json()["state"] == "REJECTED"
    assert (await checker.post(f"{at}:approve")).json()["code"] == "wrong-state"
    await plan(maker, checker, path, 1_000_000)  # what was rejected is free again
    assert (await maker.post(f"{path}/uses", json=new | {"kind": "LOAN"})).json()["code"] == "invalid"


async def test_a_loan_spends_what_was_planned_for_it_when_it_is_disbursed(maker: Api, checker: Api) -> None:
    move(maker, "2018-06-01")
    terms = TERMS | {"principal_fen": 700_000, "yearly_contribution_fen": 50_400}
    new = {"loan_no": "2018-01", "enterprise_name": NAME, "enterprise_uscc": USCC, **terms}
    loan = await made(maker.post("/v1/loans", json=new))
    await checker.post(f"/v1/loans/{loan['id']}:approve")
    path, disburse = await grant(maker), f"/v1/loans/{loan['id']}:disburse"
    planned = {"kind": "LOAN", "loan_id": loan["id"], "title": "产业借款"}
    over = await maker.post(f"{path}/uses", json=planned | {"amount_fen": 700_001})
    assert over.json()["code"] == "more-than-principal"
    use = await plan(maker, checker, path, 700_000, **planned)
    by_hand = await maker.post(f"{use}/expenditures", key="h", json={"amount_fen": 1, "payee": NAME})
    assert by_hand.json()["code"] == "paid-by-loan"

    assert (await maker.post(disburse, key="d1", json={})).json()["code"] == "short-of-funds"
    await arrive(maker, path, 1_000_000)
    assert (await maker.post(disburse, key="d2", json={})).json()["state"] == "DISBURSED"

    found = await standing(maker, "2018-06-01")
    assert (found["received_fen"], found["spent_fen"], found["balance_fen"]) == (1_000_000, 700_000, 300_000)
    assert found["progress_ppm"] == 700_000
    assert await balance(maker, f"appropriation.{found['id']}") == 300_000
    assert (await standing(maker, "2018-05-31"))["received_fen"] == 0
    assert (await maker.get("/v1/expenditure-progress?on=2018-02-28")).json()["items"] == []
    entries = (await maker.get("/v1/appropriation-entries?kind=SPENT")).json()["items"]
    undo = f"/v1/appropriation-entries/{entries[0]['id']}:reverse"
    assert (await maker.post(undo, key="u", json={"reason": "x"})).json()["code"] == "paid-by-loan"
    late = await maker.post(f"{path}/uses", json=planned | {"amount_fen": 1})
    assert late.json()["code"] == "wrong-state"
    assert await all_sound(maker)


async def test_passing_money_on_is_no_expenditure_and_an_entry_undone_counts_no_longer(
    maker: Api, checker: Api
) -> None:
    move(maker, "2018-03-01")
    path = await grant(maker)
    move(maker, "2018-04-01")
    await arrive(maker, path, 1_000_000)
    use = await plan(maker, checker, path, 400_000)
    move(maker, "2018-05-01")
    entry = await made(maker.post(f"{use}/expenditures", key="pass", json={"amount_fen": 400_000, "payee": "共享账户"}))
    assert (entry["kind"], await balance(maker, "shared")) == ("TRANSFERRED", 400_000)
    found = await standing(maker, "2018-05-01")
    assert (found["transferred_fen"], found["spent_fen"], found["balance_fen"]) == (400_000, 0, 600_000)

    move(maker, "2018-05-03")
    undo = f"/v1/appropriation-entries/{entry['id']}:reverse"
    undone, again = [await maker.post(undo, key=key, json={"reason": "误转"}) for key in ("u1", "u2")]
    assert (undone.json()["reversed_on"], again.json()["code"]) == ("2018-05-03", "already-reversed")
    days = [(await standing(maker, on))["transferred_fen"] for on in ("2018-04-30", "2018-05-02", "2018-05-03")]
    assert days == [0, 400_000, 0]
    for until, kinds in (("2018-03-31", []), ("2018-04-30", ["RECEIVED"]), ("2018-05-01", ["RECEIVED", "TRANSFERRED"])):
        entries = (await maker.get(f"/v1/appropriation-entries?until={until}")).json()["items"]
        assert [each["kind"] for each in entries] == kinds
    await made(maker.post(f"{use}/expenditures", key="more", json={"amount_fen": 400_000, "payee": "共享账户"}))
    assert await all_sound(maker)


async def test_money_that_stands_still_raises_alarms_by_rules_that_are_data(maker: Api, checker: Api) -> None:
    rules = [
        {"name": "一个月未到账", "kind": "NOT_RECEIVED", "days": 30},
        {"name": "中央资金闲置", "kind": "IDLE", "level": "CENTRAL", "days": 60},
        {"name": "县级资金闲置", "kind": "IDLE", "level": "COUNTY", "days": 0},
        {"name": "年底支出九成", "kind": "BEHIND", "share_ppm": 900_000, "month": 12},
    ]  # fmt: skip
    kept = [await made(checker.post("/v1/alarm-rules", json=rule)) for rule in rules]
    assert (await checker.post("/v1/alarm-rules", json=rules[0])).json()["code"] == "alarm-rule-exists"
    assert (await checker.post("/v1/alarm-rules", json=rules[0] | {"name": "x", "month": 3})).status_code == 422
    assert (await maker.post("/v1/alarm-rules", json=rules[0])).status_code == 403
    path = await grant(maker)
    move(maker, "2018-04-10")
    await arrive(maker, path, 400_000)

    async def alarms(on: str, more: str = "") -> list[tuple[str, str, int]]:
        found = (await maker.get(f"/v1/appropriation-alarms?on={on}{more}")).json()["items"]
        return sorted((one["kind"], one["since"], one["stalled_fen"]) for one in found)

    assert await alarms("2018-03-31") == []
    assert await alarms("2018-04-01") == [("NOT_RECEIVED", "2018-04-01", 1_000_000)]
    assert await alarms("2018-04-10") == [("NOT_RECEIVED", "2018-04-01", 600_000)]
    assert await alarms("2018-06-09", "&kind=IDLE") == []
    assert await alarms("2018-06-10", "&kind=IDLE") == [("IDLE", "2018-06-10", 400_000)]
    assert await alarms("2019-01-01", "&kind=BEHIND&level=CENTRAL&year=2018") == [("BEHIND", "2019-01-01", 900_000)]
    assert await alarms("2019-01-01", "&level=COUNTY") == []
    move(maker, "2018-06-12")
    assert (await checker.post(f"/v1/alarm-rules/{kept[1]['id']}:retire")).json()["retired_on"] == "2018-06-12"
    assert (await alarms("2018-06-12", "&kind=IDLE"), len(await alarms("2018-06-11", "&kind=IDLE"))) == ([], 1)
    (total,) = (await maker.get("/v1/expenditure-progress/totals?on=2018-06-12")).json()["items"]
    assert (total["level"], total["year"], total["received_fen"]) == ("CENTRAL", 2018, 400_000)


async def test_a_project_is_paid_from_an_appropriation_when_the_library_has_it(
    maker: Api, checker: Api, projects: Api
) -> None:
    path = await grant(maker)
    await arrive(maker, path, 1_000_000)
    stranger = {"kind": "PROJECT", "project_id": "01890000-0000-7000-8000-000000000000", "title": "x", "amount_fen": 1}
    assert (await maker.post(f"{path}/uses", json=stranger)).json()["code"] == "unknown-project"
    known = await made(projects.post("/v1/projects", json=project_body()))
    use = await plan(maker, checker, path, 300_000, kind="PROJECT", project_id=known["id"], title="牛舍")

    await made(maker.post(f"{use}/expenditures", key="p", json={"amount_fen": 250_000, "payee": "施工单位"}))

    assert (await balance(maker, "bank"), await balance(maker, "shared")) == (750_000, 0)
    (kept,) = (await maker.get(f"/v1/appropriation-uses?project_id={known['id']}")).json()["items"]
    assert kept["project_no"] == known["project_no"]


@pytest.mark.parametrize("role", ["town-clerk", "village-cadre"])
async def test_a_town_neither_plans_nor_spends_the_countys_money(funds: Api, maker: Api, role: str) -> None:
    await grant(maker)
    town = funds.as_(role, "230882101")

    assert (await town.get("/v1/appropriations")).json()["items"] == []
    assert (await town.post("/v1/appropriations", json=GRANTED)).status_code == 403
