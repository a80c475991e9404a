"""Contracts with enterprises, and the money received on them and from elsewhere."""

from typing import Any

import pytest

from fujin.funds import TERMS
from fujin.projects import ENTERPRISES
from tests.conftest import Api
from tests.funds.conftest import all_sound, appropriate, balance, donate, move, refuses
from tests.registry.world import made

(USCC, NAME), (OTHER_USCC, OTHER_NAME) = ENTERPRISES
NEW = {"loan_no": "2018-01", "enterprise_name": NAME, "enterprise_uscc": USCC, **TERMS}
YEARLY = 72_000_000


@pytest.fixture
async def loan(maker: Api, checker: Api) -> dict[str, Any]:
    """The first enterprise's contract, paid out on 1 June 2018."""
    move(maker, "2018-06-01")
    await appropriate(maker, TERMS["principal_fen"])
    proposed = await made(maker.post("/v1/loans", json=NEW))
    await checker.post(f"/v1/loans/{proposed['id']}:approve")
    found: dict[str, Any] = (await maker.post(f"/v1/loans/{proposed['id']}:disburse", key="d", json={})).json()
    return found


async def pay(maker: Api, loan: dict[str, Any], fen: int, on: str, **more: Any) -> dict[str, Any]:
    move(maker, on)
    new = {"kind": "LOAN_PAYMENT", "loan_id": loan["id"], "amount_fen": fen, "payer": NAME} | more
    return await made(maker.post("/v1/receipts", key=f"{on}/{fen}", json=new))


async def standing(maker: Api, loan: dict[str, Any], on: str) -> list[tuple[int, str, int, str]]:
    """Year, kind, paid and status of each instalment on a day."""
    found = (await maker.get(f"/v1/loans/{loan['id']}?as_of={on}")).json()["instalments"]
    return [(i["year_no"], i["kind"], i["paid_fen"], i["status"]) for i in found]


async def test_a_preview_shows_the_schedule_and_records_nothing(maker: Api) -> None:
    seen = await maker.post("/v1/loans?validate_only=true", json=NEW)

    assert (seen.status_code, seen.json()["contributions_fen"]) == (200, 5 * YEARLY)
    assert [i["due_on"] for i in seen.json()["instalments"]][:2] == [
        "2019-06-03",
        "2020-06-01",
    ]  # 1 June 2019 was a Saturday
    assert (await maker.get("/v1/loans")).json()["items"] == []


async def test_a_second_person_approves_or_no_money_leaves(funds: Api, maker: Api, checker: Api) -> None:
    await appropriate(maker, TERMS["principal_fen"])
    loan = await made(maker.post("/v1/loans", json=NEW))
    path = f"/v1/loans/{loan['id']}"

    early = await maker.post(f"{path}:disburse", key="d1", json={})
    same = await funds.as_("finance-checker", sub=loan["made_by"]).post(f"{path}:approve")
    by_maker = await maker.post(f"{path}:approve")
    assert (early.json()["code"], same.json()["code"], by_maker.status_code) == ("wrong-state", "same-person", 403)
    for attack in (
        "UPDATE loan SET state = 'APPROVED', approved_by = made_by",
        "UPDATE loan SET state = 'APPROVED'",
        "UPDATE loan SET state = 'DISBURSED', approved_by = 'x', disbursed_on = '2018-06-01'",
        "UPDATE loan SET principal_fen = 1",
        "UPDATE instalment SET amount_fen = 1",
        "DELETE FROM loan",
    ):
        assert await refuses(maker.sql(attack)), attack

    approved = [await checker.post(f"{path}:approve") for _ in range(2)]
    paid = [await maker.post(f"{path}:disburse", key=f"d{n}", json={}) for n in (2, 3)]
    assert [answer.json()["state"] for answer in (*approved, *paid)] == ["APPROVED"] * 2 + ["DISBURSED"] * 2
    assert (await balance(maker, "bank"), await balance(maker, "loan.2018-01")) == (0, TERMS["principal_fen"])
    steps = (await maker.get(f"/v1/steps?thing_id={loan['id']}")).json()["items"]
    assert [step["to_state"] for step in steps] == ["PROPOSED", "APPROVED", "DISBURSED"]


async def test_a_rejected_contract_stays_rejected(maker: Api, checker: Api) -> None:
    loan = await made(maker.post("/v1/loans", json=NEW))

    assert (await checker.post(f"/v1/loans/{loan['id']}:reject")).json()["state"] == "REJECTED"
    assert (await checker.post(f"/v1/loans/{loan['id']}:approve")).json()["code"] == "wrong-state"
    assert (await maker.get("/v1/figures?as_of=2018-05-17")).json()["items"][0]["value"] == 0


async def test_contracts_that_cannot_be_are_refused_by_name(maker: Api) -> None:
    await made(maker.post("/v1/loans", json=NEW))
    for wrong, code in (
        ({}, "loan-exists"),
        ({"enterprise_uscc": USCC[:-1] + "0"}, "invalid"),
        ({"start_on": "2018-05-14"}, "invalid"),
        ({"term_years": 0}, "invalid"),
        ({"term_years": 5.0}, "invalid"),
        ({"principal_fen": 0}, "invalid"),
        ({"yearly_contribution_fen": -1}, "invalid"),
        ({"kind": "INTEREST_ONLY"}, "invalid"),
        ({"interest_ppm": 72_000}, "invalid"),
    ):
        refused = await maker.post("/v1/loans", json=NEW | wrong)
        assert (refused.json()["code"], refused.status_code >= 400) == (code, True), wrong


async def test_the_enterprise_is_checked_with_the_project_library(projects: Api, maker: Api) -> None:
    body = {"uscc": USCC, "name": NAME, "kind": "LEADING", "division_code": "230882000000"}
    known = await made(projects.post("/v1/enterprises", json=body))

    good = await maker.post("/v1/loans", json=NEW | {"enterprise_id": known["id"]})
    other = {"enterprise_id": known["id"], "enterprise_name": OTHER_NAME, "enterprise_uscc": OTHER_USCC}
    wrong = await maker.post("/v1/loans", json=NEW | other | {"loan_no": "2"})
    unknown = await maker.post("/v1/loans", json=NEW | {"enterprise_id": good.json()["id"], "loan_no": "3"})

    assert good.status_code == 201
    assert wrong.json()["code"] == unknown.json()["code"] == "unknown-enterprise"


async def test_a_partial_payment_leaves_the_rest_overdue(maker: Api, loan: dict[str, Any]) -> None:
    await pay(maker, loan, 50_000_000, "2019-06-03")

    assert (await standing(maker, loan, "2019-06-03"))[0] == (1, "CONTRIBUTION", 50_000_000, "DUE")
    assert (await standing(maker, loan, "2019-06-04"))[0] == (1, "CONTRIBUTION", 50_000_000, "OVERDUE")
    assert (await maker.get(f"/v1/loans/{loan['id']}?as_of=2019-06-04")).json()["overdue_fen"] == 22_000_000
    overdue = (await maker.get("/v1/instalments?status=OVERDUE&as_of=2019-06-04")).json()["items"]
    assert [(i["loan_no"], i["year_no"]) for i in overdue] == [("2018-01", 1)]

    last = (await maker.get("/v1/instalments?year=2023")).json()["items"]
    assert sorted(i["kind"] for i in last) == ["CONTRIBUTION", "PRINCIPAL"]
    assert (await maker.get("/v1/instalments?year=2018")).json()["items"] == []
    for filters, years in (
        ("due_by=2019-06-03", [1]), ("due_by=2019-06-02", []), ("paid=true", [1]), ("paid=false&year=2019", []),
        ("principal=true", [5]), ("principal=false&year=2023", [5]),
    ):  # fmt: skip
        found = (await maker.get(f"/v1/instalments?as_of=2019-06-04&{filters}")).json()["items"]
        assert [i["year_no"] for i in found] == years, filters

    late = await pay(maker, loan, 22_000_000 + YEARLY, "2020-05-29")
    assert [(a["year_no"], a["amount_fen"]) for a in late["allocations"]] == [(1, 22_000_000), (2, YEARLY)]
    assert (await standing(maker, loan, "2019-12-31"))[0][2:] == (50_000_000, "OVERDUE")  # as it stood then
    assert [row[3] for row in await standing(maker, loan, "2020-06-01")][:3] == ["PAID", "PAID", "UPCOMING"]


async def test_an_overpayment_stays_as_credit_and_the_next_payment_uses_it(maker: Api, loan: dict[str, Any]) -> None:
    first = await pay(maker, loan, YEARLY + 5_000_000, "2019-06-03")
    assert (first["credit_fen"], await balance(maker, "credit.2018-01")) == (5_000_000, 5_000_000)
    assert await balance(maker, "shared") == YEARLY
    (row,) = (await maker.get("/v1/reconciliation")).json()["items"]
    assert (row["unmatched_fen"], row["agrees"]) == (5_000_000, True)
    assert len((await maker.get("/v1/receipts?unmatched=true")).json()["items"]) == 1

    second = await pay(maker, loan, YEARLY - 5_000_000, "2020-06-01")
    assert second["credit_fen"] == -5_000_000
    assert [(a["year_no"], a["amount_fen"]) for a in second["allocations"]] == [(2, YEARLY)]
    assert (await balance(maker, "credit.2018-01"), await balance(maker, "shared")) == (0, 2 * YEARLY)
    (row,) = (await maker.get("/v1/reconciliation")).json()["items"]
    assert (row["unmatched_fen"], row["agrees"]) == (0, True)
    assert await all_sound(maker)


async def test_principal_is_not_taken_before_its_year(maker: Api, loan: dict[str, Any]) -> None:
    early = await pay(maker, loan, TERMS["principal_fen"], "2019-06-03")

    assert [(a["year_no"], a["kind"]) for a in early["allocations"]] == [(1, "CONTRIBUTION")]
    assert early["credit_fen"] == TERMS["principal_fen"] - YEARLY
    assert await balance(maker, "loan.2018-01") == TERMS["principal_fen"]


async def test_a_bank_reference_is_booked_once(maker: Api, loan: dict[str, Any]) -> None:
    await pay(maker, loan, 1_000, "2019-06-03", bank_reference="ICBC-1")
    again = {"kind": "DONATION", "amount_fen": 5, "payer": "x", "bank_reference": "ICBC-1"}

    refused = await maker.post("/v1/receipts", key="again", json=again)

    assert refused.json()["code"] == "receipt-exists"
    assert await balance(maker, "shared") == 1_000


async def test_other_income_reaches_the_shared_account_under_its_own_name(maker: Api) -> None:
    for number, kind in enumerate(("DONATION", "PV", "DIVIDEND", "OTHER"), start=1):
        new = {"kind": kind, "amount_fen": 10**number, "payer": "付款单位"}
        receipt = await made(maker.post("/v1/receipts", key=kind, json=new))
        assert (receipt["allocations"], receipt["credit_fen"]) == ([], 0)

    assert await balance(maker, "shared") == await balance(maker, "bank") == 11_110
    trial = {row["code"]: row for row in (await maker.get("/v1/trial-balance")).json()["items"]}
    assert [trial[f"income.{kind}"]["credit_fen"] for kind in ("donation", "pv", "dividend", "other")] == [
        10, 100, 1_000, 10_000
    ]  # fmt: skip


async def test_receipts_that_cannot_be_are_refused_by_name(maker: Api, loan: dict[str, Any]) -> None:
    good = {"kind": "LOAN_PAYMENT", "loan_id": loan["id"], "amount_fen": 5, "payer": NAME}
    for number, (wrong, code) in enumerate((
        ({"loan_id": None}, "invalid"),
        ({"kind": "DONATION"}, "invalid"),
        ({"amount_fen": 0}, "invalid"),
        ({"amount_fen": 0.5}, "invalid"),
        ({"amount_fen": 2**63}, "invalid"),
        ({"received_on": "2018-06-02"}, "future-date"),
        ({"loan_id": "00000000-0000-7000-8000-000000000000"}, "not-found"),
    )):  # fmt: skip
        refused = await maker.post("/v1/receipts", key=f"w{number}", json=good | wrong)
        assert refused.json()["code"] == code, wrong
    proposed = await made(maker.post("/v1/loans", json=NEW | {"loan_no": "2"}))
    refused = await maker.post("/v1/receipts", key="early", json=good | {"loan_id": proposed["id"]})
    assert refused.json()["code"] == "wrong-state"


async def test_contracts_that_differ_are_an_interval_in_the_briefing(maker: Api, checker: Api) -> None:
    other = {"enterprise_uscc": OTHER_USCC, "enterprise_name": OTHER_NAME, "loan_no": "2", "term_years": 3}
    for new in (NEW, NEW | other | {"yearly_contribution_fen": 50_000_050}):
        proposed = await made(maker.post("/v1/loans", json=new))
        await checker.post(f"/v1/loans/{proposed['id']}:approve")

    found = {i["id"]: i["value"] for i in (await maker.get("/v1/figures?as_of=2018-05-17")).json()["items"]}

    assert (found["loan_term"], found["principal_returned_in_year"]) == ("3..5", "3..5")
    assert found["annual_contribution_per_enterprise"] == "500000.50..720000.00"


async def test_a_town_sees_no_contracts(funds: Api, maker: Api) -> None:
    loan = await made(maker.post("/v1/loans", json=NEW))
    await donate(maker, 5)
    town = funds.as_("town-clerk", "230882101")

    assert (await town.get(f"/v1/loans/{loan['id']}")).status_code == 404
    for path in ("/v1/loans", "/v1/receipts", "/v1/instalments", "/v1/supported-enterprises"):
        assert (await town.get(path)).json()["items"] == []
