"""The life of a change request, and what of it may be shown."""

from collections.abc import Callable, Mapping
from typing import Any

from fupin.crypto import mask_account, mask_id_number, mask_phone
from services.registry.codes.change_requests import ChangeState as State
from services.registry.problems.change_requests import ChangeNotInOrder, NotYourRequest, TwoPeopleNeeded

MOVES: dict[State, frozenset[State]] = {
    State.SUBMITTED: frozenset({State.TOWN_REVIEWED, State.REFUSED, State.WITHDRAWN}),
    State.TOWN_REVIEWED: frozenset({State.APPROVED, State.REFUSED, State.RETURNED, State.WITHDRAWN}),
    State.RETURNED: frozenset({State.SUBMITTED, State.WITHDRAWN}),
    State.APPROVED: frozenset(),
    State.REFUSED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
OPEN = frozenset({State.SUBMITTED, State.TOWN_REVIEWED, State.RETURNED})

_MASKS: dict[str, Callable[[str], str]] = {
    "phone": mask_phone,
    "bank_account": mask_account,
    "id_number": mask_id_number,
    "disability_certificate": mask_id_number,
    "birth_date": lambda _: "****-**-**",  # with the village it would give away most of the ID number
}


def step(now: State, to: State) -> None:
    """Raises ChangeNotInOrder with the states that can be reached."""
    if to not in MOVES[now]:
        raise ChangeNotInOrder(current=now.value, reachable=sorted(MOVES[now]))


def decides(actor: str, to: State, submitted_by: str, reviewed_by: str | None) -> None:
    """
    Check that this person may take a request to this end.

    Raises TwoPeopleNeeded, NotYourRequest.
    """
    if to in (State.WITHDRAWN, State.SUBMITTED):
        if actor != submitted_by:
            raise NotYourRequest
        return
    if actor == submitted_by or (to is State.APPROVED and actor == reviewed_by):
        raise TwoPeopleNeeded


def masked(proposal: Mapping[str, Any]) -> dict[str, Any]:
    """
    What is proposed, without personal numbers.

    >>> masked({"change": {"phone": "13800138000", "house_grade": "B"}, "member": {"birth_date": "1960-01-01"}})
    {'change': {'phone': '138****8000', 'house_grade': 'B'}, 'member': {'birth_date': '****-**-**'}}
    """

    def shown(name: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return masked(value)
        return _MASKS[name](value) if name in _MASKS and isinstance(value, str) else value

    return {name: shown(name, value) for name, value in proposal.items()}
