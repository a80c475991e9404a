"""
The seed's loan through its five years on a moved clock: 20,000,000 yuan to two enterprises, ten contributions of
720,000, the principal in year five; every contribution shared by need among registered households, to the fen.
"""

from datetime import date, timedelta
from typing import Any

from fujin.funds import RULE, TERMS
from fujin.projects import ENTERPRISES
from tests.conftest import Api
from tests.funds.conftest import all_sound, appropriate, balance, move
from tests.registry import world

CONTRIBUTION, PRINCIPAL = 72_000_000, 1_000_000_000


async def lend(maker: Api, checker: Api) -> list[dict[str, Any]]:
    """Both contracts signed, approved, and paid out on 1 June 2018."""
    move(maker, "2018-06-01")
    await appropriate(maker, 2 * PRINCIPAL)
    loans = []
    for number, (uscc, name) in enumerate(ENTERPRISES, start=1):
        new = {"loan_no": f"2018-{number:02}", "enterprise_name": name, "enterprise_uscc": uscc, **TERMS}
        loan = await world.made(maker.post("/v1/loans", json=new))
        assert (await checker.post(f"/v1/loans/{loan['id']}:approve")).json()["state"] == "APPROVED"
        paid = await maker.post(f"/v1/loans/{loan['id']}:disburse", key=f"d{number}", json={})
        assert paid.json()["state"] == "DISBURSED"
        loans.append(loan)
    return loans


async def receive(maker: Api, loan: dict[str, Any], fen: int, key: str) -> dict[str, Any]:
    new = {"kind": "LOAN_PAYMENT", "loan_id": loan["id"], "amount_fen": fen, "payer": loan["enterprise_name"]}
    return await world.made(maker.post("/v1/receipts", key=key, json=new | {"bank_reference": key}))


async def share_out(maker: Api, checker: Api, rule: str, day: date, pot: int) -> dict[str, Any]:
    """One distribution from draft to closed."""
    move(maker, day.isoformat())
    made = await world.made(maker.post("/v1/distributions", json={"year": day.year, "rule_id": rule, "pot_fen": pot}))
    path = f"/v1/distributions/{made['id']}"
    frozen = (await maker.post(f"{path}:snapshot")).json()
    await checker.post(f"{path}:approve", json={"batch_hash": frozen["batch_hash"]})
    await maker.post(f"{path}:notice", json={})
    move(maker, (day + timedelta(days=11)).isoformat())
    await maker.post(f"{path}:post", key=f"post-{day.year}")
    paid = await maker.post(f"{path}:pay", key=f"pay-{day.year}", json={"bank_reference": f"YKT-{day.year}"})
    assert paid.json()["state"] == "PAID", paid.text
    closed: dict[str, Any] = (await checker.post(f"{path}:close")).json()
    return closed


async def test_five_years_reconcile_to_the_fen(maker: Api, checker: Api, households: list[str]) -> None:
    loans = await lend(maker, checker)
    rule = (await world.made(maker.post("/v1/distribution-rules", json=RULE)))["id"]
    assert await balance(maker, "bank") == 0
    due_days = [date(2019, 6, 3), date(2020, 6, 1), date(2021, 6, 1), date(2022, 6, 1), date(2023, 6, 1)]
    reached: dict[str, int] = dict.fromkeys(households, 0)

    for year, due in enumerate(due_days, start=1):
        move(maker, due.isoformat())
        owed = CONTRIBUTION + (PRINCIPAL if year == 5 else 0)
        for number, loan in enumerate(loans):
            before = (await maker.get(f"/v1/loans/{loan['id']}")).json()
            assert (before["due_fen"] - before["paid_fen"], before["overdue_fen"]) == (owed, 0)
            await receive(maker, loan, owed, f"B{year}-{number}")
        assert await balance(maker, "shared") == 2 * CONTRIBUTION

        for row in (await maker.get("/v1/reconciliation")).json()["items"]:
            assert row["agrees"]
            assert (row["due_fen"], row["overdue_fen"], row["unmatched_fen"]) == (row["received_fen"], 0, 0)
            assert row["contributions_paid_fen"] == year * CONTRIBUTION
            assert row["outstanding_principal_fen"] == (0 if year == 5 else PRINCIPAL)

        done = await share_out(maker, checker, rule, due, 2 * CONTRIBUTION)
        assert (done["state"], done["households"]) == ("CLOSED", 5)
        lines = (await maker.get(f"/v1/distributions/{done['id']}/lines")).json()["items"]
        assert {line["status"] for line in lines} == {"PAID"}
        assert sum(line["share_fen"] for line in lines) == 2 * CONTRIBUTION
        for line in lines:
            reached[line["household_no"]] += line["share_fen"]
        assert (await balance(maker, "shared"), await balance(maker, "payable")) == (0, 0)

    assert sum(reached.values()) == 720_000_000  # 7,200,000 yuan: nothing left over, nothing created
    assert all(reached.values())
    assert await balance(maker, "bank") == await balance(maker, "appropriation") == 2 * PRINCIPAL
    assert {loan["state"] for loan in (await maker.get("/v1/loans")).json()["items"]} == {"SETTLED"}
    assert (await maker.get("/v1/accounts/income.contribution")).json()["entries"] == 20
    assert await all_sound(maker)


async def test_the_briefing_counts_the_contracts_and_lists_exactly_what_it_counted(maker: Api, checker: Api) -> None:
    await lend(maker, checker)

    found = (await maker.get("/v1/figures?as_of=2018-05-17")).json()["items"]

    assert {item["id"]: item["value"] for item in found} == {
        "supported_enterprises": 2,
        "loan_principal": 20_000_000,
        "loan_term": 5,
        "annual_contribution_per_enterprise": 720_000,
        "contributions_over_term": 7_200_000,
        "principal_returned_in_year": 5,
    }
    for item in found:
        listed = (await maker.get(item["href"], headers={"Prefer": "count=exact"})).json()
        assert (listed["total_count"], len(listed["items"])) == (item["rows"], item["rows"]), item["id"]
    before = (await maker.get("/v1/figures?as_of=2018-05-14")).json()["items"]
    assert [item["value"] for item in before] == [0, 0, None, None, 0, None]
