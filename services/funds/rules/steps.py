"""The steps of a distribution in their order, and what each writes down."""

from collections.abc import Mapping
from typing import Any

from services.funds.codes import DistributionState as State

ORDER = [State.DRAFT, State.SNAPSHOT, State.APPROVED, State.NOTICED, State.POSTED, State.PAID, State.CLOSED]

WRITES: Mapping[State, tuple[str, ...]] = {
    State.SNAPSHOT: ("snapshot_id", "snapshot_digest", "households", "batch_hash"),
    State.APPROVED: ("approved_by",),
    State.NOTICED: ("published_on", "notice_days", "notice_ends_on"),
    State.POSTED: ("posted_on",),
    State.PAID: ("paid_on",),
}


def as_it_stood(distribution: Mapping[str, Any], state: State) -> dict[str, Any]:
    """A distribution when it was in this state: without what later steps wrote down."""
    later = [] if state is State.CANCELLED else ORDER[ORDER.index(state) + 1 :]
    unwritten = {name for step in later for name in WRITES.get(step, ())}
    return {name: None if name in unwritten else value for name, value in distribution.items()} | {"state": state}
