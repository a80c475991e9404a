"""Contracts after they were agreed: kinds of schedule, late money, new schedules, write-offs, the loan book."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fujin.funds import TERMS
from fujin.projects import ENTERPRISES
from fupin.workdays import is_working_day, next_working_day
from services.funds.codes import DayCount, InstalmentKind, LoanKind, PaymentPart
from services.funds.rules.penalties import accrued_fen, bucket
from services.funds.rules.plans import Terms, plan
from services.funds.rules.schedules import Owed, allocate
from tests.conftest import Api
from tests.funds.conftest import all_sound, appropriate, balance, move, refuses
from tests.registry.world import made

(USCC, NAME), (OTHER_USCC, OTHER_NAME) = ENTERPRISES
NEW = {"loan_no": "2018-01", "enterprise_name": NAME, "enterprise_uscc": USCC, **TERMS}
RATED = {
    "kind": "EQUAL_PRINCIPAL", "principal_fen": 100_000_000, "yearly_contribution_fen": 0, "rate_ppm": 43_500,
    "periods_per_year": 4, "term_years": 2,
}  # fmt: skip
YEARLY = 72_000_000

terms = st.builds(
    Terms,
    kind=st.sampled_from(LoanKind),
    principal_fen=st.integers(1, 10**12),
    start_on=st.dates(date(2000, 1, 1), date(2060, 12, 31)),
    term_years=st.integers(1, 30),
    yearly_contribution_fen=st.integers(1, 10**10),
    rate_ppm=st.integers(1, 240_000),
    periods_per_year=st.sampled_from((1, 2, 4, 12)),
    day_count=st.sampled_from(DayCount),
)


def unmoved(day: date) -> date:
    return day


@given(terms)
def test_the_parts_of_the_principal_sum_to_the_principal(found: Terms) -> None:
    schedule = plan(found, unmoved)
    principal = [due for due in schedule if due.kind is InstalmentKind.PRINCIPAL]

    assert sum(due.amount_fen for due in principal) == found.principal_fen
    assert all(due.amount_fen > 0 for due in schedule)
    assert [due.due_on for due in schedule] == sorted(due.due_on for due in schedule)
    assert len({(due.period_no, due.kind) for due in schedule}) == len(schedule)
    if found.kind is LoanKind.EQUAL_PRINCIPAL:
        parts = [due.amount_fen for due in principal]
        assert max(parts) - min(parts) <= 1


@given(terms)
def test_equal_instalments_are_equal_and_the_last_is_no_more(found: Terms) -> None:
    found = found._replace(kind=LoanKind.EQUAL_INSTALMENT, day_count=DayCount.THIRTY_360)
    found = found._replace(principal_fen=found.principal_fen + 10**7, start_on=found.start_on.replace(day=15))
    periods: dict[int, int] = {}
    for due in plan(found, unmoved):
        periods[due.period_no] = periods.get(due.period_no, 0) + due.amount_fen
    *all_but_last, last = periods.values()

    assert len(set(all_but_last)) <= 1
    assert not all_but_last or last <= all_but_last[0]


def test_a_due_day_is_a_working_day_and_moves_no_amount() -> None:
    found = Terms(LoanKind.EQUAL_PRINCIPAL, 999_999_999, date(2018, 1, 31), 3, 0, 43_500, 12)

    worked, plain = plan(found, next_working_day), plan(found, unmoved)

    assert all(is_working_day(due.due_on) for due in worked)
    assert [due.amount_fen for due in worked] == [due.amount_fen for due in plain]
    assert plain[0].due_on == date(2018, 2, 28)


def test_the_contract_says_what_is_paid_first() -> None:
    owed = [
        Owed("late", 1, InstalmentKind.CONTRIBUTION, date(2019, 6, 1), 10),
        Owed("now", 2, InstalmentKind.CONTRIBUTION, date(2020, 6, 1), 10),
        Owed("penalty", 1, InstalmentKind.PENALTY, date(2020, 1, 1), 10),
        Owed("principal", 3, InstalmentKind.PRINCIPAL, date(2021, 6, 1), 100),
    ]
    first = [PaymentPart.PENALTY, *(part for part in PaymentPart if part is not PaymentPart.PENALTY)]

    assert list(allocate(25, owed, date(2020, 5, 1))[0]) == ["late", "now", "penalty"]
    assert list(allocate(25, owed, date(2020, 5, 1), first)[0]) == ["penalty", "late", "now"]
    assert allocate(50, owed, date(2020, 5, 1)) == ({"late": 10, "now": 10, "penalty": 10}, 20)
    assert allocate(50, owed, date(2020, 5, 1), early=True)[0]["principal"] == 20


@given(
    st.integers(1, 10**12), st.integers(0, 400), st.lists(st.tuples(st.integers(-30, 400), st.integers(1, 10**11))),
    st.integers(0, 1000), st.integers(0, 10**6),
)  # fmt: skip
def test_a_penalty_is_what_each_day_costs_and_never_above_its_cap(
    amount: int, late: int, payments: list[tuple[int, int]], daily: int, cap: int
) -> None:
    due = date(2019, 6, 3).toordinal()
    paid, left = [], amount
    for day, fen in payments:
        part = min(left, fen)
        left -= part
        paid.append((date.fromordinal(due + day), part))

    found = accrued_fen(amount, date.fromordinal(due), paid, date.fromordinal(due + late), daily_ppm=daily, cap_ppm=cap)

    each = sum(
        amount - sum(fen for when, fen in paid if when.toordinal() <= day) for day in range(due + 1, due + late + 1)
    )
    assert found == min(each * daily // 10**6, amount * cap // 10**6)


def test_late_money_falls_into_four_buckets() -> None:
    due = date(2019, 6, 3)
    found = [bucket(due, date.fromordinal(due.toordinal() + days)) for days in (0, 1, 30, 31, 90, 91, 180, 181)]

    assert [one.value if one else None for one in found] == [
        None, "DAYS_1_30", "DAYS_1_30", "DAYS_31_90", "DAYS_31_90", "DAYS_91_180", "DAYS_91_180", "DAYS_OVER_180"
    ]  # fmt: skip


async def lend(maker: Api, checker: Api, **terms: Any) -> dict[str, Any]:
    """A contract paid out on 1 June 2018."""
    move(maker, "2018-06-01")
    new = NEW | terms
    await appropriate(maker, new["principal_fen"], key=f"appropriation-{new['loan_no']}")
    proposed = await made(maker.post("/v1/loans", json=new))
    await checker.post(f"/v1/loans/{proposed['id']}:approve")
    paid = await maker.post(f"/v1/loans/{proposed['id']}:disburse", key=f"d-{new['loan_no']}", json={})
    found: dict[str, Any] = paid.json()
    return found


@pytest.fixture
async def loan(maker: Api, checker: Api) -> dict[str, Any]:
    return await lend(maker, checker, penalty_daily_ppm=500, penalty_cap_ppm=100_000)


async def pay(maker: Api, loan: dict[str, Any], fen: int, on: str, **more: Any) -> dict[str, Any]:
    move(maker, on)
    new = {"kind": "LOAN_PAYMENT", "loan_id": loan["id"], "amount_fen": fen, "payer": NAME} | more
    return await made(maker.post("/v1/receipts", key=f"{on}/{fen}", json=new))


async def book(api: Api, on: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get(f"/v1/loan-book?as_of={on}")).json()
    return found


async def agrees(maker: Api) -> bool:
    rows = (await maker.get("/v1/reconciliation")).json()["items"]
    return all(row["agrees"] for row in rows) and await all_sound(maker)


async def test_interest_by_the_quarter_reaches_the_shared_account_as_interest(maker: Api, checker: Api) -> None:
    loan = await lend(maker, checker, **RATED)
    first, second = (await maker.get(f"/v1/instalments?loan_id={loan['id']}")).json()["items"][:2]
    assert {first["kind"], second["kind"]} == {"INTEREST", "PRINCIPAL"}
    assert first["amount_fen"] + second["amount_fen"] == 12_500_000 + 1_096_438  # 92 days of 365 at 4.35 %

    receipt = await pay(maker, loan, 13_596_438, "2018-09-03")

    assert (len(receipt["allocations"]), receipt["credit_fen"]) == (2, 0)
    assert (await balance(maker, "shared"), await balance(maker, "loan.2018-01")) == (1_096_438, 87_500_000)
    assert await agrees(maker)


async def test_the_seeds_contracts_return_seven_point_two_percent(maker: Api, checker: Api) -> None:
    loan = await lend(maker, checker)
    await lend(maker, checker, loan_no="2018-02", enterprise_uscc=OTHER_USCC, enterprise_name=OTHER_NAME)

    found = await book(maker, "2018-06-01")

    assert [round(row["xirr_ppm"] / 1000) for row in (*found["loans"], found)] == [72, 72, 72]
    assert (found["principal_fen"], found["outstanding_principal_fen"]) == (2_000_000_000, 2_000_000_000)

    await pay(maker, loan, YEARLY, "2019-12-02")
    then, now = await book(maker, "2019-12-01"), await book(maker, "2019-12-02")
    assert [row["overdue_fen"] for row in then["loans"]] == [YEARLY, YEARLY]
    assert then["overdue_by_bucket"]["DAYS_OVER_180"] == 2 * YEARLY
    assert [row["overdue_fen"] for row in now["loans"]] == [0, YEARLY]
    assert now["loans"][0]["xirr_ppm"] < 72_000


async def test_penalties_accrue_once_up_to_a_day_and_are_paid_in_their_turn(maker: Api, checker: Api) -> None:
    order = ["PENALTY", *(part for part in PaymentPart if part is not PaymentPart.PENALTY)]
    loan = await lend(maker, checker, penalty_daily_ppm=500, penalty_cap_ppm=100_000, allocation_order=order)
    move(maker, "2019-06-13")
    first, again = [(await maker.post("/v1/collection-runs", key=key, json={})).json() for key in ("run-1", "run-2")]
    assert first == {"up_to": "2019-06-13", "penalties": 1, "penalties_fen": 360_000, "reminders": 1}
    assert (again["penalties"], again["reminders"]) == (0, 0)
    assert await balance(maker, "penalty.2018-01") == 360_000

    paid = await pay(maker, loan, YEARLY + 360_000, "2019-06-14")
    found = {(a["kind"], a["amount_fen"]) for a in paid["allocations"]}
    assert found == {("CONTRIBUTION", YEARLY), ("PENALTY", 360_000)}
    assert (await balance(maker, "penalty.2018-01"), await balance(maker, "shared")) == (0, YEARLY + 360_000)
    assert [(await book(maker, on))["penalties_open_fen"] for on in ("2019-06-13", "2019-06-14")] == [360_000, 0]
    assert await agrees(maker)


async def test_a_reminder_is_noted_once_before_and_at_each_step_of_lateness(maker: Api, loan: dict[str, Any]) -> None:
    for number, on in enumerate(("2019-05-25", "2019-05-26", "2019-06-10", "2019-07-10", "2019-07-11")):
        move(maker, on)
        await maker.post("/v1/collection-runs", key=f"r{number}", json={})

    found = (await maker.get(f"/v1/reminders?loan_id={loan['id']}")).json()["items"]

    assert [(r["kind"], r["bucket"], r["on_day"]) for r in found] == [
        ("DUE_SOON", None, "2019-05-25"),
        ("OVERDUE", "DAYS_1_30", "2019-06-10"),
        ("OVERDUE", "DAYS_31_90", "2019-07-10"),
    ]


async def test_a_new_schedule_holds_from_a_second_persons_approval(
    funds: Api, maker: Api, checker: Api, loan: dict[str, Any]
) -> None:
    await pay(maker, loan, 50_000_000, "2019-06-03")
    move(maker, "2019-09-02")
    path = f"/v1/loans/{loan['id']}/reschedules"
    new = {
        "kind": "FIXED_CONTRIBUTION_BULLET", "yearly_contribution_fen": 36_000_000, "term_years": 5,
        "start_on": "2019-09-02", "arrears_due_on": "2019-12-31", "reason": "受灾减产",
    }  # fmt: skip
    preview = (await maker.post(f"{path}?validate_only=true", json=new)).json()
    assert [i["amount_fen"] for i in preview["instalments"]] == [22_000_000, *[36_000_000] * 5, 1_000_000_000]

    change = await made(maker.post(path, json=new))
    decide = f"/v1/loan-changes/{change['id']}:approve"
    same = await funds.as_("finance-checker", sub=change["made_by"]).post(decide)
    assert same.json()["code"] == "same-approver"
    for attack in (
        "UPDATE loan_change SET state = 'APPROVED', approved_by = made_by, effective_on = '2019-09-02'",
        "UPDATE loan_change SET terms = '{}'",
        "DELETE FROM loan_change",
    ):
        assert await refuses(maker.sql(attack)), attack
    approved = [await checker.post(decide) for _ in range(2)]
    assert [answer.json()["state"] for answer in approved] == ["APPROVED"] * 2

    before = (await maker.get(f"/v1/loans/{loan['id']}?as_of=2019-09-01")).json()
    after = (await maker.get(f"/v1/loans/{loan['id']}?as_of=2019-09-02")).json()
    assert (before["overdue_fen"], len(before["instalments"])) == (22_000_000, 6)
    assert (after["overdue_fen"], after["schedule_version"]) == (0, 2)
    assert [i["amount_fen"] for i in after["instalments"]][:2] == [50_000_000, 22_000_000]
    receipt = (await maker.get("/v1/receipts")).json()["items"][0]
    undo = await maker.post(f"/v1/receipts/{receipt['id']}:reverse", key="undo", json={"reason": "x"})
    assert undo.json()["code"] == "receipt-superseded"
    await pay(maker, loan, 22_000_000, "2019-12-31")
    assert await agrees(maker)


async def test_a_write_off_is_posted_when_a_second_person_approves_it(
    maker: Api, checker: Api, loan: dict[str, Any]
) -> None:
    move(maker, "2019-06-13")
    await maker.post("/v1/collection-runs", key="run", json={})
    change = await made(maker.post(f"/v1/loans/{loan['id']}/write-offs", json={"reason": "企业破产"}))
    assert await balance(maker, "loan.2018-01") == TERMS["principal_fen"]

    await checker.post(f"/v1/loan-changes/{change['id']}:approve")

    assert (await maker.get(f"/v1/loans/{loan['id']}")).json()["state"] == "WRITTEN_OFF"
    assert [await balance(maker, code) for code in ("loan.2018-01", "penalty.2018-01", "income.penalty")] == [0, 0, 0]
    assert await balance(maker, "expense.write-off") == TERMS["principal_fen"]
    found = (await book(maker, "2019-06-13"))["loans"][0]
    assert (found["outstanding_principal_fen"], found["written_off_fen"]) == (0, TERMS["principal_fen"])
    assert await agrees(maker)
    late = {"kind": "LOAN_PAYMENT", "loan_id": loan["id"], "amount_fen": 5, "payer": NAME}
    assert (await maker.post("/v1/receipts", key="late", json=late)).json()["code"] == "wrong-state"


async def test_a_receipt_undone_is_owed_again_and_stays_in_the_books(maker: Api, loan: dict[str, Any]) -> None:
    receipt = await pay(maker, loan, YEARLY, "2019-06-03", bank_reference="ICBC-1")
    path = f"/v1/receipts/{receipt['id']}:reverse"
    move(maker, "2019-06-05")

    undone = await maker.post(path, key="u1", json={"reason": "重复入账"})
    again = await maker.post(path, key="u2", json={"reason": "重复入账"})

    assert (undone.json()["reversed_on"], again.json()["code"]) == ("2019-06-05", "receipt-undone")
    assert (await balance(maker, "shared"), await balance(maker, "bank")) == (0, 0)
    assert (await book(maker, "2019-06-04"))["overdue_fen"] == 0
    assert (await book(maker, "2019-06-05"))["overdue_fen"] == YEARLY
    await pay(maker, loan, YEARLY, "2019-06-06", bank_reference="ICBC-1")
    assert await agrees(maker)


async def test_early_money_repays_principal_when_asked(maker: Api, loan: dict[str, Any]) -> None:
    receipt = await pay(maker, loan, YEARLY + 100_000_000, "2019-06-03", early=True)

    assert [(a["kind"], a["amount_fen"]) for a in receipt["allocations"]] == [
        ("CONTRIBUTION", YEARLY), ("PRINCIPAL", 100_000_000)
    ]  # fmt: skip
    assert await balance(maker, "loan.2018-01") == TERMS["principal_fen"] - 100_000_000
    assert await agrees(maker)


async def test_a_guarantee_is_recorded_once(maker: Api, loan: dict[str, Any]) -> None:
    path = f"/v1/loans/{loan['id']}/guarantees"
    new = {"kind": "MORTGAGE", "guarantor": "担保单位甲", "amount_fen": 10**9, "document": "抵押 2018-D-01"}

    await made(maker.post(path, json=new))

    assert (await maker.post(path, json=new)).json()["code"] == "guarantee-exists"
    assert [one["guarantor"] for one in (await maker.get(path)).json()["items"]] == ["担保单位甲"]
