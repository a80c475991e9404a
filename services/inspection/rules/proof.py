"""
The proof of a draw, and its check from the proof file alone. Standard library only.

    python -m services.inspection.rules.proof proof.json
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from services.inspection.rules import draw
from services.inspection.rules.draw import Sizes

FORMAT = "fupin-draw-proof/1"

Proof = Mapping[str, Any]


def build(
    *,
    plan: Mapping[str, Any],
    frame: Mapping[str, Any],
    lines: list[str],
    seed_event: Mapping[str, Any],
    seed: str,
    drawn_on: str,
    drawn_villages: Mapping[str, Mapping[str, Any]],
    drawn_households: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """
    Everything needed to repeat a draw.

    The rows that were drawn are shown as they are stored (ticket, order, role, probability); the tickets of the units
    that were not drawn are computed, so that a reader sees by how much each of them missed.
    """
    villages, households = draw.read_lines(lines)
    sizes = _sizes(plan)
    ranked = draw.rank_villages(villages, sizes, seed, plan["plan_no"])
    places = list(drawn_villages)
    return {
        "format": FORMAT,
        "plan": dict(plan),
        "frame": {**frame, "lines": lines},
        "seed_event": dict(seed_event),
        "seed": seed,
        "drawn_on": drawn_on,
        "villages": [
            {
                "village": t.village.code,
                "town": t.village.town,
                "stratum": t.village.stratum,
                **drawn_villages.get(t.village.code, _missed(t.ticket, t.order)),
            }
            for t in ranked
        ],
        "households": [
            {
                "household_no": t.household.number,
                "village": t.household.village,
                "poor": t.household.poor,
                **drawn_households.get(t.household.number, _missed(t.ticket, t.order)),
            }
            for t in draw.rank_households(households, places, sizes, seed, plan["plan_no"])
        ],
    }


def _missed(ticket: str, order: int) -> dict[str, Any]:
    return {"ticket": ticket, "order": order, "role": None, "probability": None}


def verify(proof: Proof) -> list[str]:
    """
    What a proof says that does not follow from its own seed and frame; an empty list when the draw is as it must be.

    Checked: the digest over the frame's lines, the order of the days (frame, digest published, seed event), and every
    ticket, order, role and probability.
    """
    try:
        return _differences(proof)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return [f"the proof cannot be read: {type(error).__name__}"]


def _differences(proof: Proof) -> list[str]:
    if proof["format"] != FORMAT:
        return [f"the format is not {FORMAT}"]
    frame, event, plan, seed = proof["frame"], proof["seed_event"], proof["plan"], proof["seed"]
    found = []
    if draw.digest(frame["lines"]) != frame["digest"]:
        found.append("frame: the lines do not give the published digest")
    if not frame["frozen_on"] <= frame["published_on"] < event["occurs_on"] <= proof["drawn_on"]:
        found.append("days: the digest must be published before the day of the seed event, the draw must follow it")
    if not event["named_on"] < event["occurs_on"]:
        found.append("days: the seed event must be named before its day")
    if event["wave"] > 1 and not event["reason"]:
        found.append("seed event: a further wave has no published reason")

    villages, households = draw.read_lines(frame["lines"])
    ranked = draw.rank_villages(villages, _sizes(plan), seed, plan["plan_no"])
    places = [t.village.code for t in ranked if t.drawn]
    expected: dict[str, tuple[str, int, str | None, str | None]] = {}
    for v in ranked:
        role, chance = ("MAIN", f"{v.chosen}/{v.eligible}") if v.drawn else (None, None)
        expected[v.village.code] = (v.ticket, v.order, role, chance)
    found += _compare("village", expected, ((row["village"], row) for row in proof["villages"]))
    chances = {t.village.code: (t.chosen, t.eligible) for t in ranked}
    expected = {}
    for t in draw.rank_households(households, places, _sizes(plan), seed, plan["plan_no"]):
        m, of = chances[t.household.village]
        expected[t.household.number] = (
            t.ticket, t.order, t.role, f"{m * t.chosen}/{of * t.eligible}" if t.role else None
        )  # fmt: skip
    return found + _compare("household", expected, ((row["household_no"], row) for row in proof["households"]))


def _compare(
    kind: str, expected: dict[str, tuple[str, int, str | None, str | None]], given: Iterable[tuple[str, Proof]]
) -> list[str]:
    found, seen = [], set()
    for unit, row in given:
        if unit in seen or unit not in expected:
            found.append(f"{kind} {unit}: listed twice or not in the frame's drawn part")
            continue
        seen.add(unit)
        for field, right in zip(("ticket", "order", "role", "probability"), expected[unit], strict=True):
            if row[field] != right:
                found.append(f"{kind} {unit}: {field} is {row[field]}, repeating the draw gives {right}")
    return found + [f"{kind} {unit}: missing from the proof" for unit in sorted(expected.keys() - seen)]


def _sizes(plan: Mapping[str, Any]) -> Sizes:
    return Sizes(**{name: int(plan[name]) for name in Sizes._fields})


def main(path: str) -> int:
    """0 when the proof holds, 1 with the differences otherwise."""
    differences = verify(json.loads(Path(path).read_bytes()))
    sys.stdout.writelines(f"{line}\n" for line in differences or ["the draw repeats from its proof"])
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
