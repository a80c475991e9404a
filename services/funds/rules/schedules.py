"""When a loan's money is due, and what a payment pays."""

from collections.abc import Callable, Collection, Hashable
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from services.funds.codes import InstalmentKind, InstalmentStatus

Key = TypeVar("Key", bound=Hashable)


class Due(NamedTuple):
    year_no: int
    kind: InstalmentKind
    due_on: date
    amount_fen: int


def anniversary(start: date, years: int) -> date:
    """
    The same day some years later; 29 February becomes 28 February in a common year (民法典, article 202).

    >>> anniversary(date(2016, 2, 29), 5)
    datetime.date(2021, 2, 28)
    """
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return start.replace(year=start.year + years, day=28)


def fixed_contribution_bullet(
    *,
    principal_fen: int,
    yearly_contribution_fen: int,
    start_on: date,
    term_years: int,
    working_day: Callable[[date], date],
) -> list[Due]:
    """
    The same contribution at the end of every year, the whole principal with the last one (定额上缴、到期一次还本).

    `working_day` moves a due day that is a day off to the next day worked.
    """
    days = [working_day(anniversary(start_on, year)) for year in range(1, term_years + 1)]
    contributions = [
        Due(year, InstalmentKind.CONTRIBUTION, day, yearly_contribution_fen) for year, day in enumerate(days, start=1)
    ]
    return [*contributions, Due(term_years, InstalmentKind.PRINCIPAL, days[-1], principal_fen)]


class Owed(NamedTuple, Generic[Key]):
    """What is still to pay of an instalment."""

    key: Key
    year_no: int
    kind: InstalmentKind
    due_on: date
    open_fen: int


def allocate(money_fen: int, owed: Collection[Owed[Key]], on: date) -> tuple[dict[Key, int], int]:
    """
    What a payment pays: overdue contributions, oldest first, then the running year's contribution, then principal
    that is due by the end of the running year. The rest, second in the answer, stays as the payer's credit.

    `owed` is the whole schedule, what is paid in full included: the year that runs is the one of the next due day.
    """
    year = min((due.year_no for due in owed if due.due_on >= on), default=0)
    payable = [due for due in owed if due.open_fen > 0 and (due.due_on < on or due.year_no == year)]
    payable.sort(key=lambda due: (due.kind is InstalmentKind.PRINCIPAL, due.due_on, due.year_no))
    paid: dict[Key, int] = {}
    for due in payable:
        part = min(money_fen, due.open_fen)
        if part:
            paid[due.key] = part
            money_fen -= part
    return paid, money_fen


def status(due_on: date, amount_fen: int, paid_fen: int, on: date) -> InstalmentStatus:
    """How an instalment stands on a day; it is overdue from the day after it was due."""
    if paid_fen >= amount_fen:
        return InstalmentStatus.PAID
    if on > due_on:
        return InstalmentStatus.OVERDUE
    return InstalmentStatus.DUE if on == due_on else InstalmentStatus.UPCOMING
