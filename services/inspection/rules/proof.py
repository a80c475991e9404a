"""
The proof of a draw, and its check from the proof file alone. Standard library only.

    python -m services.inspection.rules.proof proof.json
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from services.inspection.rules import draw
from services.inspection.rules.draw import Sizes

FORMAT = "fupin-draw-proof/1"

FIELDS = {"ticket": "抽签号", "order": "次序", "role": "角色", "probability": "入样概率"}

Proof = Mapping[str, Any]


class Difference(NamedTuple):
    """Something that a proof says and its own seed and frame do not."""

    en: str
    zh: str

    def __str__(self) -> str:
        return f"{self.zh} {self.en}"


HOLDS = Difference("The draw repeats from its proof.", "由证明文件重新抽取，结果一致。")


def head(
    *,
    plan: Mapping[str, Any],
    frame: Mapping[str, Any],
    seed_event: Mapping[str, Any],
    seed: str,
    drawn_on: str,
) -> str:
    """
    How a proof begins: JSON up to the frame, left open for its `lines`; `villages` and `households` follow it.

    >>> head(plan={}, frame={"digest": "d"}, seed_event={}, seed="s", drawn_on="2018-05-07")[-21:]
    '"frame":{"digest":"d"'
    """
    found = {
        "format": FORMAT, "plan": plan, "seed_event": seed_event, "seed": seed, "drawn_on": drawn_on, "frame": frame
    }  # fmt: skip
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))[:-2]


def verify(proof: Proof) -> list[Difference]:
    """
    What a proof says that does not follow from its own seed and frame; an empty list when the draw is as it must be.

    Checked: the digest over the frame's lines, the order of the days (frame, digest published, seed event), and every
    ticket, order, role and probability.
    """
    try:
        return _differences(proof)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return [Difference(f"The proof cannot be read: {type(error).__name__}.", "证明文件无法读取。")]


def _differences(proof: Proof) -> list[Difference]:
    if proof["format"] != FORMAT:
        return [Difference(f"The format is not {FORMAT}.", f"格式不是 {FORMAT}。")]
    frame, event, plan, seed = proof["frame"], proof["seed_event"], proof["plan"], proof["seed"]
    found = []
    if draw.digest(frame["lines"]) != frame["digest"]:
        found.append(
            Difference("The frame's lines do not give the published digest.", "抽样框内容与已公布的摘要不符。")
        )
    if not frame["frozen_on"] <= frame["published_on"] < event["occurs_on"] <= proof["drawn_on"]:
        found.append(
            Difference(
                "The digest was not published before the day of the seed event, or the draw did not follow it.",
                "摘要未在种子事件之前公布，或抽取早于事件。",
            )
        )
    if not event["named_on"] < event["occurs_on"]:
        found.append(Difference("The seed event was not named before its day.", "种子事件未在发生之前指定。"))
    if event["wave"] > 1 and not event["reason"]:
        found.append(Difference("A further wave has no published reason.", "再次抽取没有公布理由。"))

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
) -> list[Difference]:
    found, seen, zh = [], set(), {"village": "村", "household": "户"}[kind]
    for unit, row in given:
        if unit in seen or unit not in expected:
            found.append(
                Difference(
                    f"{kind} {unit}: listed twice, or not to be drawn from.", f"{zh} {unit}：重复列出或不在可抽范围。"
                )
            )
            continue
        seen.add(unit)
        for field, right in zip(("ticket", "order", "role", "probability"), expected[unit], strict=True):
            if row[field] != right:
                found.append(
                    Difference(
                        f"{kind} {unit}: {field} is {row[field]}, repeating the draw gives {right}.",
                        f"{zh} {unit}：{FIELDS[field]}与重新抽取的结果不同。",
                    )
                )
    missing = sorted(expected.keys() - seen)
    return found + [Difference(f"{kind} {unit}: missing.", f"{zh} {unit}：缺失。") for unit in missing]


def _sizes(plan: Mapping[str, Any]) -> Sizes:
    return Sizes(**{name: int(plan[name]) for name in Sizes._fields})


def read(path: Path) -> tuple[list[Difference], Proof]:
    """What is wrong with a proof file, and what it says; nothing of it when it is no JSON object."""
    try:
        proof = json.loads(path.read_bytes())
    except ValueError as error:
        return [Difference(f"The proof cannot be read: {type(error).__name__}.", "证明文件无法读取。")], {}
    return verify(proof), proof if isinstance(proof, dict) else {}


def main(path: str) -> int:
    """0 when the proof holds, 1 with the differences otherwise."""
    differences, _ = read(Path(path))
    sys.stdout.writelines(f"{line}\n" for line in differences or [HOLDS])
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
