"""The terms of procedures: days of the official calendar, months, votes, proofs."""

import doctest
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fupin.workdays import is_working_day
from services.registry.codes import NoticeDays
from services.registry.rules import procedures as rules

# The calendar of a year is computed when it is first asked for; a busy machine is slow at it.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@unhurried
@given(st.dates(min_value=date(2014, 1, 1), max_value=date(2026, 12, 1)), st.integers(1, 30))
def test_a_notice_is_up_for_all_its_days_and_ends_on_a_working_day(posted: date, days: int) -> None:
    by_calendar = rules.notice_until(posted, days, NoticeDays.CALENDAR)
    by_work = rules.notice_until(posted, days, NoticeDays.WORKING)
    assert is_working_day(by_calendar)
    assert is_working_day(by_work)
    assert (by_calendar - posted).days >= days
    assert by_work >= posted


@unhurried
@given(st.dates(min_value=date(2014, 1, 1), max_value=date(2026, 12, 1)), st.integers(1, 120))
def test_months_later_is_the_same_day_or_the_months_last(day: date, months: int) -> None:
    later = rules.months_after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


def test_the_examples_of_the_rules_hold() -> None:
    assert doctest.testmod(rules).failed == 0
