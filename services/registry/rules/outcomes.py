"""Which decisions about a contradictory row make sense."""

from services.registry.codes.rosters import Outcome


def possible(outcome: Outcome, *, in_base: bool, in_newer: bool) -> bool:
    """
    A row of the base is kept or removed; where it has a newer side too, that side may be set apart as added. A row of
    the newer roster alone is added or dropped.
    """
    if in_base:
        return outcome in (Outcome.KEPT, Outcome.REMOVED) or (in_newer and outcome is Outcome.ADDED)
    return outcome in (Outcome.ADDED, Outcome.DROPPED)
