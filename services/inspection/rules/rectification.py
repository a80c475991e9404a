"""Deadlines of rectifications: working days, holidays, when a delay is long enough to tell somebody."""

from datetime import date, timedelta
from typing import NamedTuple

from fupin.workdays import add_working_days, is_working_day, next_working_day
from services.inspection.codes import FindingKind, FindingState

# Who is responsible has something to do; after that others have.
WITH_THE_UNIT = (FindingState.OPEN, FindingState.MEASURES_AGREED, FindingState.REOPENED)


class Deadline(NamedTuple):
    asked: date
    due: date  # the same day, or the first working day after it (民法典, article 203)


def deadline(begun: date, working_days: int | None, asked: date | None) -> Deadline:
    """
    A deadline in working days after a day, or on a day asked for.

    >>> deadline(date(2018, 4, 27), 2, None).due
    datetime.date(2018, 5, 2)
    >>> deadline(date(2018, 4, 27), None, date(2018, 5, 1))
    Deadline(asked=datetime.date(2018, 5, 1), due=datetime.date(2018, 5, 2))
    """
    day = asked or add_working_days(begun, working_days or 0)
    return Deadline(day, next_working_day(day))


def due_by(today: date, working_days: int) -> date:
    """
    The last deadline that is, on a day, so many working days past.

    >>> due_by(date(2018, 5, 2), 1), due_by(date(2018, 5, 1), 1)
    (datetime.date(2018, 4, 28), datetime.date(2018, 4, 27))
    """
    last = today
    while not is_working_day(last):
        last -= timedelta(days=1)
    return add_working_days(last, -working_days)


def number(year: int, serial: int) -> str:
    """
    >>> number(2018, 7)
    '2018-0007'
    """
    return f"{year}-{serial:04}"


def reason(finding_no: str, kind: FindingKind) -> str:
    """What the registry is told as the reason of a change: the finding's number and kind, no prose."""
    return f"督查问题 {finding_no}（{kind.zh}）"
