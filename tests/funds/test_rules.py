"""The laws of sharing and of schedules, on any input."""

import itertools
from datetime import date
from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fupin.workdays import is_working_day, next_working_day
from services.funds.codes import DistributionState as State
from services.funds.codes import InstalmentKind, InstalmentStatus, LoanKind, ShareBound
from services.funds.problems.distributions import NobodyToPay, PotAboveCaps, PotBelowFloors
from services.funds.rules.plans import Terms, plan
from services.funds.rules.schedules import Owed, allocate, status
from services.funds.rules.shares import Needs, batch_hash, need, ranks, reasons
from services.funds.rules.shares import allocate as share
from services.funds.rules.steps import as_it_stood

needs = st.lists(st.integers(0, 10**12), min_size=1, max_size=60).filter(any)
pots = st.integers(1, 10**13)


@given(pots, needs)
def test_shares_add_up_to_the_pot_and_stray_by_less_than_a_fen(pot: int, needs: list[int]) -> None:
    found = share(pot, needs)
    total = sum(needs)

    assert sum(one.fen for one in found.shares) == pot
    assert all(abs(one.fen * total - pot * need) < total for one, need in zip(found.shares, needs, strict=True))


@given(needs, st.integers(0, 500), st.integers(1, 10_000), st.integers(0, 10**6))
@settings(max_examples=300)
def test_between_floor_and_cap_shares_still_add_up_and_are_in_proportion(
    needs: list[int], floor: int, room: int, part: int
) -> None:
    cap = floor + room
    weighed = sum(need > 0 for need in needs)
    least = floor * len(needs)
    pot = max(1, least + room * weighed * part // 10**6)  # from everybody at the floor to everybody at the cap

    found = share(pot, needs, floor_fen=floor, cap_fen=cap)

    fen = [one.fen for one in found.shares]
    assert sum(fen) == pot
    assert all(floor <= one <= cap for one in fen)
    level = Fraction(found.pot_fen, found.total) if found.total else None
    for one, weight in zip(found.shares, needs, strict=True):
        if weight == 0:
            assert one.fen == floor
        elif level is None:
            assert one.bound is not None
        elif one.bound is ShareBound.FLOOR:
            assert level * weight <= floor
        elif one.bound is ShareBound.CAP:
            assert level * weight >= cap
        else:
            assert abs(one.fen - level * weight) < 1


@given(st.integers(1, 10**6), needs, st.integers(0, 50), st.integers(51, 10**6))
def test_who_needs_more_never_gets_less(pot: int, needs: list[int], floor: int, cap: int) -> None:
    try:
        found = share(pot, needs, floor_fen=floor, cap_fen=cap)
    except (PotBelowFloors, PotAboveCaps):
        return
    by_need = sorted(zip(needs, found.shares, strict=True), key=lambda pair: pair[0])
    for (less, small), (more, large) in itertools.pairwise(by_need):
        if less < more:
            assert small.fen <= large.fen
        else:
            assert abs(small.fen - large.fen) <= 1


@given(pots, needs)
def test_the_same_needs_give_the_same_shares(pot: int, needs: list[int]) -> None:
    assert share(pot, needs) == share(pot, list(needs))


def test_impossible_pots_are_refused_by_name() -> None:
    with pytest.raises(NobodyToPay):
        share(100, [0, 0])
    with pytest.raises(NobodyToPay):
        share(100, [])
    with pytest.raises(PotBelowFloors):
        share(100, [1, 2], floor_fen=51)
    with pytest.raises(PotAboveCaps):
        share(100, [1, 2], cap_fen=49)
    assert [one.fen for one in share(100, [1, 2], floor_fen=50).shares] == [50, 50]
    assert [one.fen for one in share(100, [1, 2], cap_fen=50).shares] == [50, 50]


RULE = SimpleNamespace(
    per_person=10, per_income_gap=20, per_ill=15, per_disabled=15, per_student=10, no_able_labour=30,
    income_line_fen=400_000, floor_fen=0, cap_fen=None,
)  # fmt: skip
counts = st.integers(0, 12)
households = st.builds(Needs, counts, counts, counts, counts, counts, st.none() | st.integers(-(10**6), 10**7))


@given(households)
def test_every_reason_adds_to_the_need_and_none_takes_from_it(found: Needs) -> None:
    assert all(reason.points_ppm >= 0 for reason in reasons(RULE, found))
    assert need(RULE, found) == sum(reason.points_ppm for reason in reasons(RULE, found))


def test_points_are_what_the_rule_says() -> None:
    three_without_income = Needs(size=3, able_labour=0, ill=1, disabled=0, students=1, income_per_head_fen=0)
    unknown_income = Needs(size=3, able_labour=1, ill=0, disabled=0, students=0, income_per_head_fen=None)
    half = Needs(size=1, able_labour=1, ill=0, disabled=0, students=0, income_per_head_fen=200_000)

    assert need(RULE, three_without_income) == (30 + 60 + 15 + 10 + 30) * 1_000_000
    assert need(RULE, unknown_income) == 30 * 1_000_000
    assert need(RULE, half) == (10 + 10) * 1_000_000


@given(st.lists(st.integers(0, 5), max_size=20))
def test_ranks_number_everybody_once_from_the_greatest_need(needs: list[int]) -> None:
    found = ranks(needs)

    assert sorted(found) == list(range(1, len(needs) + 1))
    order = [needs[found.index(rank)] for rank in sorted(found)]
    assert order == sorted(needs, reverse=True)


@given(households, st.integers(0, 100))
def test_the_hash_of_a_batch_follows_every_input(found: Needs, fen: int) -> None:
    line = ("id", "no", "230882101201", found, fen)
    first = batch_hash({"pot": 1}, [line])

    assert first == batch_hash({"pot": 1}, [line])
    assert first != batch_hash({"pot": 2}, [line])
    assert first != batch_hash({"pot": 1}, [(*line[:4], fen + 1)])


def test_the_seeds_schedule_is_five_contributions_and_the_principal_with_the_last() -> None:
    terms = Terms(
        LoanKind.FIXED_CONTRIBUTION_BULLET, 1_000_000_000, date(2018, 6, 1), 5, yearly_contribution_fen=72_000_000
    )
    schedule = plan(terms, next_working_day)

    assert [(due.year_no, due.kind.value, due.amount_fen) for due in schedule] == [
        *((year, "CONTRIBUTION", 72_000_000) for year in range(1, 6)),
        (5, "PRINCIPAL", 1_000_000_000),
    ]
    assert [due.due_on.isoformat() for due in schedule] == [
        "2019-06-03", "2020-06-01", "2021-06-01", "2022-06-01", "2023-06-01", "2023-06-01"
    ]  # fmt: skip
    assert all(is_working_day(due.due_on) for due in schedule)


CONTRIBUTION, PRINCIPAL = InstalmentKind.CONTRIBUTION, InstalmentKind.PRINCIPAL


def test_a_payment_pays_overdue_then_current_contributions_then_principal() -> None:
    owed = [
        Owed("p5", 5, PRINCIPAL, date(2023, 6, 1), 1000),
        Owed("c5", 5, CONTRIBUTION, date(2023, 6, 1), 100),
        Owed("c4", 4, CONTRIBUTION, date(2022, 6, 1), 100),
        Owed("c3", 3, CONTRIBUTION, date(2021, 6, 1), 0),
    ]

    assert allocate(50, owed, date(2023, 5, 1)) == ({"c4": 50}, 0)
    assert allocate(350, owed, date(2023, 5, 1)) == ({"c4": 100, "c5": 100, "p5": 150}, 0)
    assert allocate(1300, owed, date(2023, 6, 1)) == ({"c4": 100, "c5": 100, "p5": 1000}, 100)
    assert allocate(1300, owed, date(2024, 1, 1)) == ({"c4": 100, "c5": 100, "p5": 1000}, 100)
    assert allocate(350, owed, date(2022, 6, 1)) == ({"c4": 100}, 250)  # due today: its year still runs
    assert allocate(350, owed, date(2021, 6, 1)) == ({}, 350)


def test_an_instalment_is_overdue_from_the_day_after_it_was_due() -> None:
    due = date(2019, 6, 3)

    assert status(due, 10, 10, date(2019, 1, 1)) is InstalmentStatus.PAID
    assert status(due, 10, 9, date(2019, 6, 2)) is InstalmentStatus.UPCOMING
    assert status(due, 10, 9, due) is InstalmentStatus.DUE
    assert status(due, 10, 9, date(2019, 6, 4)) is InstalmentStatus.OVERDUE


def test_what_later_steps_write_is_not_shown_of_an_earlier_day() -> None:
    whole = {"year": 2019, "households": 5, "approved_by": "b", "published_on": "2019-06-01", "state": "NOTICED"}
    empty = dict.fromkeys(("households", "approved_by", "published_on"))
    assert as_it_stood(whole, State.DRAFT) == whole | empty | {"state": State.DRAFT}
    assert as_it_stood(whole, State.APPROVED) == whole | {"published_on": None, "state": State.APPROVED}
    assert as_it_stood(whole, State.CANCELLED) == whole | {"state": State.CANCELLED}
