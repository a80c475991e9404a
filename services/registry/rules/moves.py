"""Who goes where when households merge or part: pure bookkeeping over member ids."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from services.registry.codes import HouseholdStatus, Relation
from services.registry.problems.change_requests import HeadsDisagree, HouseholdGone, MembersDisagree

GONE = frozenset({HouseholdStatus.CANCELLED, HouseholdStatus.REMOVED})

# A household split off begins on a day; the register reaches some statuses only through others.
BEGINS_THROUGH: dict[HouseholdStatus, tuple[HouseholdStatus, ...]] = {
    HouseholdStatus.EXITED: (HouseholdStatus.POOR, HouseholdStatus.EXITED),
    HouseholdStatus.STABLE: (HouseholdStatus.POOR, HouseholdStatus.EXITED, HouseholdStatus.STABLE),
    HouseholdStatus.RELAPSED: (HouseholdStatus.POOR, HouseholdStatus.EXITED, HouseholdStatus.RELAPSED),
}


def present(status: HouseholdStatus) -> None:
    """Raises HouseholdGone for a household that is no longer in the register."""
    if status in GONE:
        raise HouseholdGone(status=status.value)


def all_of(living: Iterable[UUID], named: Iterable[UUID]) -> None:
    """Whoever belongs to a household that ends is named, nobody else. Raises MembersDisagree."""
    if set(living) != set(named):
        raise MembersDisagree


def parted(living: Mapping[UUID, Relation], leaving: Mapping[UUID, Relation], staying: Mapping[UUID, Relation]) -> None:
    """
    Check that a household can part so: some leave, some stay, and each side has one head.

    Raises MembersDisagree, HeadsDisagree.
    """
    kept = living.keys() - leaving.keys()
    if not leaving or not kept or leaving.keys() - living.keys() or staying.keys() - kept:
        raise MembersDisagree
    after = [staying.get(id, living[id]) for id in kept]
    for side in (list(leaving.values()), after):
        one_head(side)


def one_head(relations: Iterable[Relation]) -> None:
    """Raises HeadsDisagree unless exactly one of them is the head."""
    if sum(relation is Relation.HEAD for relation in relations) != 1:
        raise HeadsDisagree
