"""The registry's arithmetic."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.codes import HouseholdStatus as Status
from services.registry.problems import StatusBackdated, StatusNotReachable
from services.registry.rules import coverage, idnumbers, statuses
from tests.conftest import Api
from tests.registry import world

days = st.dates(date(2014, 1, 1), date(2030, 12, 31))
any_status = st.sampled_from(list(Status))


@given(any_status, any_status, days, days)
def test_a_step_is_taken_exactly_when_the_policy_allows_it_and_time_does_not_run_back(
    now: Status, to: Status, since: date, on: date
) -> None:
    if to not in statuses.TRANSITIONS[now]:
        with pytest.raises(StatusNotReachable):
            statuses.step(now, since, to, on)
    elif on < since:
        with pytest.raises(StatusBackdated):
            statuses.step(now, since, to, on)
    else:
        statuses.step(now, since, to, on)


def test_every_status_but_cancelled_leads_on_and_none_to_itself() -> None:
    for now, reachable in statuses.TRANSITIONS.items():
        assert now not in reachable
        assert (now is Status.CANCELLED) == (not reachable)
    assert statuses.POOR < statuses.REGISTERED < set(Status)


async def test_the_database_allows_the_same_steps_as_the_rules(registry: Api) -> None:
    stored = await registry.sql("SELECT from_status, to_status FROM status_transition")
    assert set(stored) == {(now.value, to.value) for now, all_ in statuses.TRANSITIONS.items() for to in all_}


@given(st.dictionaries(st.integers(0, 12), st.integers(0, 10_000)))
def test_coverage_buckets_add_up_to_all_households(found: dict[int, int]) -> None:
    buckets = coverage.buckets(found)

    assert list(buckets) == [0, 1, 2, 3, 4]
    assert sum(buckets.values()) == sum(found.values())


@given(st.integers(0, 100_000), st.integers(0, 17), st.integers(1, 9))
def test_any_one_wrong_digit_is_noticed(seed: int, at: int, by: int) -> None:
    number = world.id_number(seed)
    assert idnumbers.valid(number)
    digit = "X" if number[at] == "X" else str((int(number[at]) + by) % 10)
    assert not idnumbers.valid(number[:at] + digit + number[at + 1 :]) or digit == number[at]


def test_a_date_that_does_not_exist_gives_no_birth_date() -> None:
    assert idnumbers.birth_date("99000019600231001X") is None
    assert idnumbers.birth_date("990000196002280010") == date(1960, 2, 28)
