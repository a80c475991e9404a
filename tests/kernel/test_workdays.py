"""Terms in working days: the arithmetic, and the calendar against the State Council's announcements."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fupin.workdays import add_working_days, announced_until, is_working_day, next_working_day, working_days_between

days = st.dates(date(2016, 1, 1), date(2035, 12, 31))
terms = st.integers(-40, 40)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2018, 2, 11), True),  # a Sunday worked for the Spring Festival
        (date(2018, 2, 15), False),
        (date(2018, 2, 24), True),
        (date(2018, 4, 8), True),
        (date(2018, 4, 28), True),
        (date(2018, 4, 30), False),
        (date(2018, 5, 1), False),
        (date(2018, 5, 17), True),
        (date(2018, 5, 19), False),
        (date(2025, 9, 28), True),
        (date(2025, 10, 8), False),
        (date(2026, 2, 28), True),
    ],
)
def test_the_announced_calendar_with_its_made_up_days(day: date, worked: bool) -> None:
    assert is_working_day(day) is worked


def test_beyond_the_announcements_festivals_are_off_and_no_weekend_is_worked() -> None:
    year = announced_until() + 2
    assert announced_until() >= 2026
    assert not is_working_day(date(year, 10, 1))
    every = [date(year, 1, 1) + timedelta(n) for n in range(365)]
    assert not any(is_working_day(day) for day in every if day.weekday() >= 5)
    assert 240 < sum(map(is_working_day, every)) < 256


@given(days, terms)
def test_the_days_added_are_the_days_counted(day: date, term: int) -> None:
    assert working_days_between(day, add_working_days(day, term)) == term


@given(days, terms.filter(bool))
def test_a_term_ends_on_a_working_day(day: date, term: int) -> None:
    assert is_working_day(add_working_days(day, term))


@given(days, st.integers(0, 20), st.integers(0, 20))
def test_two_terms_in_a_row_are_one_long_term(day: date, first: int, second: int) -> None:
    assert add_working_days(add_working_days(day, first), second) == add_working_days(day, first + second)


@given(days)
def test_the_next_working_day_is_the_day_itself_or_the_first_worked_after_it(day: date) -> None:
    found = next_working_day(day)
    assert is_working_day(found)
    assert working_days_between(day - timedelta(1), found) == 1


@given(days, days)
def test_counting_backwards_is_the_opposite(one: date, other: date) -> None:
    forward, back = working_days_between(one, other), working_days_between(other, one)
    if is_working_day(one) == is_working_day(other):
        assert forward == -back
    assert abs(forward + back) <= 1


def test_a_county_decides_otherwise() -> None:
    snow = {date(2018, 5, 17): False, date(2018, 5, 19): True}
    assert not is_working_day(date(2018, 5, 17), snow)
    assert next_working_day(date(2018, 5, 17), snow) == date(2018, 5, 18)
    assert add_working_days(date(2018, 5, 16), 2, snow) == date(2018, 5, 19)
