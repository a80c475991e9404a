"""The life of a household in the register: which status may follow which, and what each counts as."""

from datetime import date

from services.registry.codes import HouseholdStatus as Status
from services.registry.problems import StatusBackdated, StatusNotReachable

# 国开办发〔2014〕24号: the register of poor households (建档立卡) was opened nationwide in 2014. A household of which
# nobody says since when it is not poor has not been poor since then.
REGISTER_OPENED = date(2014, 1, 1)

POOR = frozenset({Status.IDENTIFIED, Status.POOR, Status.RELAPSED})
REGISTERED = POOR | {Status.EXITED, Status.STABLE}

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.NOT_POOR: frozenset({Status.IDENTIFIED, Status.CANCELLED}),
    Status.IDENTIFIED: frozenset({Status.POOR, Status.REMOVED, Status.CANCELLED}),
    Status.POOR: frozenset({Status.EXITED, Status.REMOVED, Status.CANCELLED}),
    Status.EXITED: frozenset({Status.STABLE, Status.RELAPSED, Status.REMOVED, Status.CANCELLED}),
    Status.STABLE: frozenset({Status.RELAPSED, Status.REMOVED, Status.CANCELLED}),
    Status.RELAPSED: frozenset({Status.EXITED, Status.REMOVED, Status.CANCELLED}),
    Status.REMOVED: frozenset({Status.NOT_POOR, Status.IDENTIFIED, Status.CANCELLED}),
    Status.CANCELLED: frozenset(),
}


def step(now: Status, since: date, to: Status, on: date) -> None:
    """
    Check the next step of a household.

    Raises StatusNotReachable (with the statuses that are reachable), StatusBackdated.
    """
    if to not in TRANSITIONS[now]:
        raise StatusNotReachable(current=now.value, reachable=sorted(TRANSITIONS[now]))
    if on < since:
        raise StatusBackdated(since=since.isoformat())


def began(status: Status, identified_on: date | None, exited_on: date | None, today: date) -> date:
    """Since when a household that is being registered has its status, where nobody said."""
    if status is Status.NOT_POOR:
        return REGISTER_OPENED
    if status in (Status.IDENTIFIED, Status.POOR):
        return identified_on or today
    if status is Status.EXITED:
        return exited_on or today
    return today
