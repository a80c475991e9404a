"""
Sharing a pot by need (精准滴灌, 按需分配): points for needs, shares in proportion, to the last fen.

All arithmetic is in whole numbers, so that the same inputs give the same shares on any machine.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple, Protocol

from services.funds.codes import ShareBound
from services.funds.problems.distributions import NobodyToPay, PotAboveCaps, PotBelowFloors

PPM = 1_000_000


class RuleLike(Protocol):
    """The points of a rule, wherever they are kept."""

    per_person: int
    per_income_gap: int
    per_ill: int
    per_disabled: int
    per_student: int
    no_able_labour: int
    income_line_fen: int
    floor_fen: int
    cap_fen: int | None


@dataclass(frozen=True, slots=True)
class Needs:
    """What the registry froze about a household on the day of the snapshot."""

    size: int
    able_labour: int
    ill: int
    disabled: int
    students: int
    income_per_head_fen: int | None


NEEDS = tuple(field.name for field in fields(Needs))


class Reason(NamedTuple):
    """Why a household has points: what was counted, how much of it, and the points (in millionths)."""

    what: str
    counted: int
    points_ppm: int


def reasons(rule: RuleLike, needs: Needs) -> list[Reason]:
    """
    The needs of a household, weighed. The income gap counts in millionths of the line for every member: a household
    of three with no income at all counts 3,000,000; one whose income nobody recorded has no gap that could be shown.
    """
    income = rule.income_line_fen if needs.income_per_head_fen is None else needs.income_per_head_fen
    gap = max(0, rule.income_line_fen - income) * PPM // rule.income_line_fen
    gap = min(gap, PPM) * needs.size  # a loss is no greater need than no income
    without_labour = int(needs.able_labour == 0)
    return [
        Reason("size", needs.size, needs.size * rule.per_person * PPM),
        Reason("income_gap_ppm", gap, gap * rule.per_income_gap),
        Reason("ill", needs.ill, needs.ill * rule.per_ill * PPM),
        Reason("disabled", needs.disabled, needs.disabled * rule.per_disabled * PPM),
        Reason("students", needs.students, needs.students * rule.per_student * PPM),
        Reason("no_able_labour", without_labour, without_labour * rule.no_able_labour * PPM),
    ]


def need(rule: RuleLike, needs: Needs) -> int:
    """A household's need in millionths of a point."""
    return sum(reason.points_ppm for reason in reasons(rule, needs))


class Share(NamedTuple):
    """
    A household's share. Where no limit decided it, `remainder` / `total` (see `Allocation`) is the part of a fen that
    rounding down left behind.
    """

    fen: int
    remainder: int
    bound: ShareBound | None


@dataclass(frozen=True, slots=True)
class Allocation:
    """All shares, and the proportion that held between the limits: `pot_fen` for `total` need."""

    shares: list[Share]
    pot_fen: int
    total: int


def allocate(pot_fen: int, needs: Sequence[int], *, floor_fen: int = 0, cap_fen: int | None = None) -> Allocation:
    """
    Shares in proportion to need, none below the floor or above the cap, that add up to the pot exactly.

    Between the limits the rounded-down shares are topped up by one fen each in order of the largest remainder, then of
    place in the list, which must therefore be a fixed order. Who has no need gets the floor.

    Raises NobodyToPay, PotBelowFloors, PotAboveCaps when no such shares exist.
    """
    count, weighed = len(needs), sum(need > 0 for need in needs)
    if not weighed:
        raise NobodyToPay
    if pot_fen < floor_fen * count:
        raise PotBelowFloors(pot_fen=pot_fen, least_fen=floor_fen * count)
    if cap_fen is not None and pot_fen > (most := cap_fen * weighed + floor_fen * (count - weighed)):
        raise PotAboveCaps(pot_fen=pot_fen, most_fen=most)
    shares = [Share(floor_fen, 0, ShareBound.FLOOR if floor_fen else None)] * count
    bounded = _bounded(pot_fen, needs, floor_fen, cap_fen)
    for place, bound in bounded.items():
        shares[place] = Share(cap_fen or 0 if bound is ShareBound.CAP else floor_fen, 0, bound)
    between = [place for place in range(count) if needs[place] > 0 and place not in bounded]
    pot = pot_fen - sum(shares[place].fen for place in range(count)) + floor_fen * len(between)
    total = sum(needs[place] for place in between)
    for place in between:
        shares[place] = Share(*divmod(pot * needs[place], total), None)
    left = pot - sum(shares[place].fen for place in between)
    for place in sorted(between, key=lambda place: -shares[place].remainder)[:left]:
        shares[place] = shares[place]._replace(fen=shares[place].fen + 1)
    return Allocation(shares, pot, total)


def _bounded(pot_fen: int, needs: Sequence[int], floor_fen: int, cap_fen: int | None) -> dict[int, ShareBound]:
    """
    The places whose share a limit decides.

    Proportion first; who falls below the floor or rises above the cap is set to it, and the rest is shared anew. Only
    the side on which more money has to move is settled in one round: so nobody is set to a limit that the final
    proportion would not have asked of them. Everything is reckoned in units of a fen divided by the total need.
    """
    bounded: dict[int, ShareBound] = {}
    open_ = [place for place, need in enumerate(needs) if need > 0]
    pot, total = pot_fen - floor_fen * (len(needs) - len(open_)), sum(needs)
    cap = pot_fen if cap_fen is None else cap_fen  # nobody can get more than everything
    while True:
        low = [place for place in open_ if pot * needs[place] < floor_fen * total]
        high = [place for place in open_ if pot * needs[place] > cap * total]
        if not low and not high:
            return bounded
        missing = sum(floor_fen * total - pot * needs[place] for place in low)
        surplus = sum(pot * needs[place] - cap * total for place in high)
        settled = dict.fromkeys(low, ShareBound.FLOOR) if missing >= surplus else {}
        if surplus >= missing:
            settled |= dict.fromkeys(high, ShareBound.CAP)
        bounded |= settled
        open_ = [place for place in open_ if place not in settled]
        pot -= sum(floor_fen if bound is ShareBound.FLOOR else cap for bound in settled.values())
        total -= sum(needs[place] for place in settled)


def ranks(needs: Sequence[int]) -> list[int]:
    """Places from the greatest need down; equal needs keep the order of the list."""
    found = [0] * len(needs)
    for rank, place in enumerate(sorted(range(len(needs)), key=lambda place: -needs[place]), start=1):
        found[place] = rank
    return found


def batch_hash(header: dict[str, Any], lines: Iterable[tuple[Any, str, str, Needs, int]]) -> bytes:
    """
    SHA-256 over what is approved: the header (pot, rule, day, snapshot), then each household's id, number, place,
    needs and share in order, every record one line of compact JSON.
    """
    digest = hashlib.sha256(_line(header))
    for household_id, household_no, division_code, needs, share_fen in lines:
        digest.update(_line([str(household_id), household_no, division_code, asdict(needs), share_fen]))
    return digest.digest()


def _line(found: Any) -> bytes:
    return json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"
