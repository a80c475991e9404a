"""When a loan's money is due, and what a payment pays."""

from collections.abc import Collection, Hashable, Sequence
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from services.funds.codes import InstalmentKind, InstalmentStatus, PaymentPart

Key = TypeVar("Key", bound=Hashable)


class Due(NamedTuple):
    year_no: int
    kind: InstalmentKind
    due_on: date
    amount_fen: int
    period_no: int = 0


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


class Owed(NamedTuple, Generic[Key]):
    """What is still to pay of an instalment."""

    key: Key
    period_no: int
    kind: InstalmentKind
    due_on: date
    open_fen: int


def allocate(
    money_fen: int,
    owed: Collection[Owed[Key]],
    on: date,
    order: Sequence[PaymentPart] = tuple(PaymentPart),
    *,
    early: bool = False,
) -> tuple[dict[Key, int], int]:
    """
    What a payment pays: the parts in the contract's order, each the oldest first. The rest, second in the answer,
    stays as the payer's credit.

    Payable is what is overdue, what belongs to the running period, and penalties; with `early` the rest then repays
    principal of later periods, the nearest first. `owed` is the whole schedule, what is paid in full included: the
    period that runs is the one of the next due day.
    """
    coming = [due for due in owed if due.due_on >= on and due.kind is not InstalmentKind.PENALTY]
    period = min((due.period_no for due in coming), default=0)

    def running(due: Owed[Key]) -> bool:
        return due.due_on < on or due.period_no == period or due.kind is InstalmentKind.PENALTY

    payable = [due for due in owed if due.open_fen > 0 and running(due)]
    payable.sort(key=lambda due: (order.index(part(due.kind, due.due_on, on)), due.due_on, due.period_no))
    if early:
        later = [due for due in coming if not running(due) and due.kind is InstalmentKind.PRINCIPAL]
        payable += sorted(later, key=lambda due: due.due_on)
    paid: dict[Key, int] = {}
    for due in payable:
        fen = min(money_fen, due.open_fen)
        if fen > 0:
            paid[due.key] = fen
            money_fen -= fen
    return paid, money_fen


def part(kind: InstalmentKind, due_on: date, on: date) -> PaymentPart:
    """Which part of the contract's order an instalment belongs to on a day."""
    if kind is InstalmentKind.PENALTY:
        return PaymentPart.PENALTY
    if kind is InstalmentKind.PRINCIPAL:
        return PaymentPart.OVERDUE_PRINCIPAL if due_on < on else PaymentPart.CURRENT_PRINCIPAL
    return PaymentPart.OVERDUE_CONTRIBUTION if due_on < on else PaymentPart.CURRENT_CONTRIBUTION


def status(due_on: date, amount_fen: int, paid_fen: int, on: date) -> InstalmentStatus:
    """How an instalment stands on a day; it is overdue from the day after it was due."""
    if paid_fen >= amount_fen:
        return InstalmentStatus.PAID
    if on > due_on:
        return InstalmentStatus.OVERDUE
    return InstalmentStatus.DUE if on == due_on else InstalmentStatus.UPCOMING
