"""What late money costs, how late it is, and when to remind."""

from collections.abc import Iterable
from datetime import date

from services.funds.codes import OverdueBucket

MILLION = 1_000_000


def accrued_fen(
    amount_fen: int,
    due_on: date,
    payments: Iterable[tuple[date, int]],
    up_to: date,
    *,
    daily_ppm: int,
    cap_ppm: int,
) -> int:
    """
    The penalty on an instalment from the day after it was due up to and with a day.

    Each day costs `daily_ppm` of what is open at its end; the whole never exceeds `cap_ppm` of the instalment.

    >>> accrued_fen(72_000_000, date(2019, 6, 3), [(date(2019, 6, 8), 22_000_000)], date(2019, 6, 13), daily_ppm=500,
    ...             cap_ppm=200_000)
    294000
    """
    open_fen, since, total = amount_fen, due_on, 0
    for day, fen in sorted(payments):
        if day > up_to:
            break
        if day > since:
            # the day of a payment counts what is open when it ends
            total += open_fen * max(0, (day - since).days - 1)
            since = date.fromordinal(day.toordinal() - 1)
        open_fen -= fen
    total += max(0, open_fen) * max(0, (up_to - since).days)
    return min(total * daily_ppm // MILLION, amount_fen * cap_ppm // MILLION)


def bucket(due_on: date, on: date) -> OverdueBucket | None:
    """How long something due is overdue on a day; None when it is not."""
    days = (on - due_on).days
    if days <= 0:
        return None
    for most, found in (
        (30, OverdueBucket.DAYS_1_30),
        (90, OverdueBucket.DAYS_31_90),
        (180, OverdueBucket.DAYS_91_180),
    ):
        if days <= most:
            return found
    return OverdueBucket.DAYS_OVER_180
