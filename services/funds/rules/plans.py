"""The schedule that a contract's terms give: what is due on which day, to the fen."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from services.funds.codes import DayCount, InstalmentKind, LoanKind
from services.funds.rules.schedules import Due, anniversary

MILLION = 1_000_000


class Terms(NamedTuple):
    """What a schedule follows from. Rates are yearly, in millionths (72,000 ppm = 7.2 %)."""

    kind: LoanKind
    principal_fen: int
    start_on: date
    term_years: int
    yearly_contribution_fen: int = 0
    rate_ppm: int = 0
    periods_per_year: int = 1
    day_count: DayCount = DayCount.ACT_365


def plan(terms: Terms, working_day: Callable[[date], date]) -> list[Due]:
    """
    The instalments of a contract in the order of their periods; the principal parts sum to the principal.

    Interest is counted between the days on which periods end by the calendar, each rounded half up to the fen;
    `working_day` then moves a due day that is a day off, which changes no amount.
    """
    ends = _period_ends(terms)
    parts = _parts(terms, ends)
    returned = InstalmentKind.INTEREST
    if terms.kind is LoanKind.FIXED_CONTRIBUTION_BULLET:
        returned = InstalmentKind.CONTRIBUTION
    due = []
    for number, (end, (earned, principal)) in enumerate(zip(ends, parts, strict=True), start=1):
        year, day = -(-number // terms.periods_per_year), working_day(end)
        for kind, fen in ((returned, earned), (InstalmentKind.PRINCIPAL, principal)):
            if fen:
                due.append(Due(year, kind, day, fen, number))
    return due


def interest_fen(balance_fen: int, rate_ppm: int, since: date, until: date, day_count: DayCount) -> int:
    """
    Interest on a balance between two days, rounded half up.

    >>> interest_fen(1_000_000_00, 72_000, date(2018, 6, 1), date(2019, 6, 1), DayCount.ACT_365)
    7200000
    """
    basis = MILLION * (365 if day_count is DayCount.ACT_365 else 360)
    return (2 * balance_fen * rate_ppm * _days(since, until, day_count) + basis) // (2 * basis)


def _days(since: date, until: date, day_count: DayCount) -> int:
    if day_count is not DayCount.THIRTY_360:
        return (until - since).days
    months = 12 * (until.year - since.year) + until.month - since.month
    return 30 * months + min(until.day, 30) - min(since.day, 30)


def _period_ends(terms: Terms) -> list[date]:
    step = 12 // terms.periods_per_year
    return [_months_later(terms.start_on, step * n) for n in range(1, terms.term_years * terms.periods_per_year + 1)]


def _months_later(start: date, months: int) -> date:
    """The same day some months later, or the month's last when it has no such day (民法典, article 202)."""
    years, month = divmod(start.month - 1 + months, 12)
    for day in range(start.day, 27, -1):
        try:
            return date(start.year + years, month + 1, day)
        except ValueError:
            continue
    return anniversary(start.replace(month=month + 1), years)


def _parts(terms: Terms, ends: Sequence[date]) -> list[tuple[int, int]]:
    """For each period what the money earned and what of the principal is paid."""
    periods, principal = len(ends), terms.principal_fen
    if terms.kind is LoanKind.FIXED_CONTRIBUTION_BULLET:
        return [(terms.yearly_contribution_fen, principal * (n == periods)) for n in range(1, periods + 1)]
    if terms.kind is LoanKind.INTEREST_ONLY_BULLET:
        return _repaid(terms, ends, [0] * (periods - 1) + [principal])
    if terms.kind is LoanKind.EQUAL_PRINCIPAL:
        share, rest = divmod(principal, periods)
        return _repaid(terms, ends, [share + (n < rest) for n in range(periods)])
    return _level(terms, ends, _level_payment(terms, ends))


def _repaid(terms: Terms, ends: Sequence[date], principals: Sequence[int]) -> list[tuple[int, int]]:
    balance, since, parts = terms.principal_fen, terms.start_on, []
    for end, principal in zip(ends, principals, strict=True):
        parts.append((interest_fen(balance, terms.rate_ppm, since, end, terms.day_count), principal))
        balance, since = balance - principal, end
    return parts


def _level(terms: Terms, ends: Sequence[date], payment: int) -> list[tuple[int, int]]:
    """Periods that pay `payment` each, the last one the rest."""
    balance, since, parts = terms.principal_fen, terms.start_on, []
    for number, end in enumerate(ends, start=1):
        interest = interest_fen(balance, terms.rate_ppm, since, end, terms.day_count)
        principal = balance if number == len(ends) else min(balance, max(0, payment - interest))
        parts.append((interest, principal))
        balance, since = balance - principal, end
    return parts


def _level_payment(terms: Terms, ends: Sequence[date]) -> int:
    """The smallest equal payment, in fen, that leaves the last period no more than itself to pay."""
    low, high = 1, 2 * terms.principal_fen + 1
    while low < high:
        payment = (low + high) // 2
        if sum(_level(terms, ends, payment)[-1]) <= payment:
            high = payment
        else:
            low = payment + 1
    return low
