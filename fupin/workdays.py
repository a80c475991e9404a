"""Working days by the official calendar of the People's Republic of China, make-up days included.

The State Council announces each autumn which days of the next year are off and which Saturdays and Sundays are
worked in exchange (调休); the `holidays` package carries the announcements, and `announced_until()` names the last
year it knows. In later years the statutory festivals (全国年节及纪念日放假办法) are computed from the solar and lunar
calendars, a festival on a weekend is made up on the following working days, and no weekend is worked: a deadline
so far ahead can move by a few days when the announcement comes.

`overrides` says what a county decided otherwise (a snow day, a day worked in the harvest): day -> is it worked.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from itertools import count
from types import MappingProxyType

import holidays

Overrides = Mapping[date, bool]
NO_OVERRIDES: Overrides = MappingProxyType({})
DAY = timedelta(days=1)


@lru_cache(maxsize=256)
def _exceptions(year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Of one year, the days off and the weekend days worked."""
    calendar = holidays.country_holidays("CN", years=(year,))
    return frozenset(calendar), frozenset(day for day in calendar.weekend_workdays if day.year == year)


def announced_until() -> int:
    """The last year whose make-up days are known."""
    announced: Mapping[int, object] = holidays.country_holidays("CN").special_public_holidays
    return max(announced)


def is_working_day(day: date, overrides: Overrides = NO_OVERRIDES) -> bool:
    """
    >>> is_working_day(date(2018, 5, 17)), is_working_day(date(2018, 5, 1)), is_working_day(date(2018, 4, 28))
    (True, False, True)
    """
    if day in overrides:
        return overrides[day]
    off, worked = _exceptions(day.year)
    return day in worked or (day.weekday() < 5 and day not in off)


def next_working_day(day: date, overrides: Overrides = NO_OVERRIDES) -> date:
    """The day itself when it is worked, else the first working day after it.

    A term whose last day is a legal holiday ends on the next working day (民法典, article 203).

    >>> next_working_day(date(2018, 4, 29))
    datetime.date(2018, 5, 2)
    """
    while not is_working_day(day, overrides):
        day += DAY
    return day


def add_working_days(day: date, days: int, overrides: Overrides = NO_OVERRIDES) -> date:
    """The day that many working days later; earlier when negative, the day itself when zero.

    The first day does not count (民法典, article 201): one working day after a Friday is Monday.

    >>> add_working_days(date(2018, 4, 27), 3)
    datetime.date(2018, 5, 3)
    """
    step = DAY if days > 0 else -DAY
    for _ in range(abs(days)):
        day = next(d for n in count(1) if is_working_day(d := day + n * step, overrides))
    return day


def working_days_between(after: date, until: date, overrides: Overrides = NO_OVERRIDES) -> int:
    """Working days later than `after`, up to and with `until`; negative when `until` comes first.

    >>> working_days_between(date(2018, 4, 27), date(2018, 5, 3))
    3
    """
    if until < after:
        return -sum(is_working_day(after - n * DAY, overrides) for n in range(1, (after - until).days + 1))
    return sum(is_working_day(after + n * DAY, overrides) for n in range(1, (until - after).days + 1))
