"""The laws of the draw, and its proof."""

import copy
import doctest
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from fupin.cli import app
from services.inspection.rules import draw, places, proof
from services.inspection.rules.draw import Household, Sizes, Village
from services.inspection.rules.schedules import travel

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "draw.md"
SEED, PLAN = "03 09 11 20 25 31 07", "FJ-2018-1"
SIZES = Sizes(villages_per_town=4, poor_per_village=5, non_poor_per_village=5, reserves=3)

numbers = st.text(st.characters(exclude_characters="|\r\n", exclude_categories=["Cs"]), min_size=1, max_size=12)
units = st.sets(numbers, max_size=40)


@given(units, st.randoms(use_true_random=False))
def test_the_order_in_which_units_are_listed_does_not_matter(found: set[str], random: Any) -> None:
    shuffled = sorted(found)
    random.shuffle(shuffled)

    assert draw.ranked(shuffled, SEED, PLAN, "village") == draw.ranked(found, SEED, PLAN, "village")


@given(units, st.integers(0, 40))
def test_the_drawn_have_the_smallest_tickets(found: set[str], n: int) -> None:
    ranked = draw.ranked(found, SEED, PLAN, "village")

    assert {unit for _, unit in ranked} == found
    assert all(drawn <= missed for drawn in ranked[:n] for missed in ranked[n:])


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 30))
def test_a_smaller_sample_is_part_of_a_larger_one(size: int, n: int, more: int) -> None:
    villages = [Village(f"{k:012}", "t", "SAMPLE") for k in range(size)]

    def drawn(per_town: int) -> set[str]:
        sizes = SIZES._replace(villages_per_town=per_town)
        return {t.village.code for t in draw.rank_villages(villages, sizes, SEED, PLAN) if t.drawn}

    assert drawn(n) <= drawn(n + more)
    assert len(drawn(n)) == min(n, size)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 6), st.integers(0, 4))
def test_probabilities_add_up_to_the_sample(poor: int, other: int, n: int, reserves: int) -> None:
    households = [Household(f"{k:04}", "v", k < poor) for k in range(poor + other)]
    sizes = Sizes(1, n, n, reserves)

    ranked = draw.rank_households(households, ["v"], sizes, SEED, PLAN)

    for kind, size in ((True, poor), (False, other)):
        mine = [t for t in ranked if t.household.poor is kind]
        main = [t for t in mine if t.role == "MAIN"]
        spare = [t for t in mine if t.role == "RESERVE"]
        assert len(main) == min(n, size)
        assert len(spare) == (min(n + reserves, size) - len(main) if n else 0)  # nobody stands in for nobody
        assert all(t.chosen == len(main) and t.eligible == size for t in mine)
        assert [t.order for t in main + spare] == list(range(1, len(main) + len(spare) + 1))


def test_a_town_with_fewer_villages_than_asked_gives_all_of_them_with_certainty() -> None:
    ranked = draw.rank_villages([Village(f"{k}", "t", "SAMPLE") for k in range(3)], SIZES, SEED, PLAN)

    assert [(t.drawn, t.chosen, t.eligible) for t in ranked] == [(True, 3, 3)] * 3


@pytest.mark.parametrize("part", ["", "a|b", "a\nb", "a\rb"])
def test_a_number_that_could_be_mistaken_for_another_gets_no_ticket(part: str) -> None:
    with pytest.raises(ValueError, match="ticket"):
        draw.ticket(SEED, PLAN, "village", part)


def county() -> tuple[list[Village], list[Household]]:
    """11 towns, 266 villages of which 8 poor, 21 households each."""
    codes = [f"230882{101 + n % 11}{201 + n // 11:03}" for n in range(266)]
    poor = set(codes[0:264:33])
    villages = [Village(code, f"{code[:9]}000", "KEY" if code in poor else "SAMPLE") for code in codes]
    households = [Household(f"{code}-{k:04}", code, k < 9) for code in codes for k in range(21)]
    return villages, households


def proven() -> dict[str, Any]:
    villages, households = county()
    ranked_villages = draw.rank_villages(villages, SIZES, SEED, PLAN)
    chance = {t.village.code: (t.chosen, t.eligible) for t in ranked_villages if t.drawn}
    ranked = draw.rank_households(households, chance, SIZES, SEED, PLAN)
    lines = list(draw.lines(villages, households))

    def both_stages(t: draw.HouseholdTicket) -> str:
        m, of = chance[t.household.village]
        return f"{m * t.chosen}/{of * t.eligible}"

    head = proof.head(
        plan={"plan_no": PLAN, **SIZES._asdict()},
        frame={"digest": draw.digest(lines), "frozen_on": "2018-05-02", "published_on": "2018-05-03"},
        seed_event={"wave": 1, "event": "e", "named_on": "2018-05-03", "occurs_on": "2018-05-06", "reason": None},
        seed=SEED,
        drawn_on="2018-05-07",
    )
    found: dict[str, Any] = json.loads(head + "}}")
    found["frame"]["lines"] = lines
    found["villages"] = [
        {
            "village": t.village.code, "town": t.village.town, "stratum": t.village.stratum, "ticket": t.ticket,
            "order": t.order, "role": "MAIN" if t.drawn else None,
            "probability": f"{t.chosen}/{t.eligible}" if t.drawn else None,
        }
        for t in ranked_villages
    ]  # fmt: skip
    found["households"] = [
        {
            "household_no": t.household.number, "village": t.household.village, "poor": t.household.poor,
            "ticket": t.ticket, "order": t.order, "role": t.role, "probability": both_stages(t) if t.role else None,
        }
        for t in ranked
    ]  # fmt: skip
    return found


PROOF = proven()


def test_fujin_draws_four_villages_of_every_town_and_every_poor_village() -> None:
    drawn = [row for row in PROOF["villages"] if row["role"]]
    towns = {row["town"] for row in drawn}

    assert len(towns) == 11
    assert all(sum(row["town"] == town and row["stratum"] == "SAMPLE" for row in drawn) == 4 for town in towns)
    assert sum(row["stratum"] == "KEY" for row in drawn) == 8
    assert all(row["probability"] == "1/1" for row in drawn if row["stratum"] == "KEY")
    for row in drawn:
        homes = [h for h in PROOF["households"] if h["village"] == row["village"]]
        for poor in (True, False):
            roles = [h["role"] for h in homes if h["poor"] is poor]
            assert (roles.count("MAIN"), roles.count("RESERVE")) == (5, 3)


def test_a_proof_repeats() -> None:
    assert proof.verify(PROOF) == []


def change_seed(found: dict[str, Any]) -> None:
    found["seed"] = "03 09 11 20 25 31 08"


def swap_two_households(found: dict[str, Any]) -> None:
    main, missed = (next(h for h in found["households"] if h["role"] == role) for role in ("MAIN", None))
    main["role"], missed["role"] = missed["role"], main["role"]


def add_a_household_to_the_frame(found: dict[str, Any]) -> None:
    found["frame"]["lines"].append(f"H|{found['villages'][0]['village']}-9999|{found['villages'][0]['village']}|POOR")


def lose_a_village(found: dict[str, Any]) -> None:
    found["villages"].pop()


def raise_a_probability(found: dict[str, Any]) -> None:
    next(v for v in found["villages"] if v["stratum"] == "SAMPLE" and v["role"])["probability"] = "1/1"


def publish_after_the_event(found: dict[str, Any]) -> None:
    found["frame"]["published_on"] = "2018-05-06"


def name_the_event_afterwards(found: dict[str, Any]) -> None:
    found["seed_event"]["named_on"] = "2018-05-06"


def draw_again_without_a_reason(found: dict[str, Any]) -> None:
    found["seed_event"]["wave"] = 2


def break_it(found: dict[str, Any]) -> None:
    found["villages"] = None


@pytest.mark.parametrize(
    "tamper",
    [
        change_seed, swap_two_households, add_a_household_to_the_frame, lose_a_village, raise_a_probability,
        publish_after_the_event, name_the_event_afterwards, draw_again_without_a_reason, break_it,
    ],
)  # fmt: skip
def test_a_tampered_proof_does_not_repeat(tamper: Callable[[dict[str, Any]], None]) -> None:
    tampered = copy.deepcopy(PROOF)
    tamper(tampered)

    assert proof.verify(tampered) != []


def test_a_proof_is_checked_without_a_database_or_anything_installed(tmp_path: Path) -> None:
    sound, forged = tmp_path / "sound.json", tmp_path / "forged.json"
    sound.write_text(json.dumps(PROOF))
    forged.write_text(json.dumps(PROOF | {"seed": "another"}))
    # -S: without site-packages, so nothing but the standard library can be imported
    command = [sys.executable, "-S", "-m", "services.inspection.rules.proof"]

    said = [subprocess.run([*command, path], capture_output=True, text=True, check=False) for path in (sound, forged)]

    assert [(one.returncode, one.stderr) for one in said] == [(0, ""), (1, "")]
    assert said[0].stdout == f"{proof.HOLDS}\n"


def test_the_guides_shell_lines_repeat_the_draw(tmp_path: Path) -> None:
    town = next(row for row in PROOF["villages"] if row["stratum"] == "SAMPLE" and row["role"])
    known = {"SEED": SEED, "PLAN": PLAN, "TOWN": town["town"], "VILLAGE": town["village"], "PATH": "/usr/bin:/bin"}
    (tmp_path / "lines.txt").write_text("".join(f"{line}\n" for line in PROOF["frame"]["lines"]))

    villages, households = (
        subprocess.run(["sh", "-c", script], cwd=tmp_path, env=known, capture_output=True, text=True, check=True).stdout
        for script in re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    )

    def drawn(rows: list[dict[str, Any]], name: str) -> list[str]:
        return [f"{row['ticket']} {row[name]}" for row in sorted(rows, key=lambda row: int(row["order"]))]

    sampled = [
        v for v in PROOF["villages"] if v["town"] == town["town"] and v["stratum"] == "SAMPLE" and v["role"]
    ]  # fmt: skip
    poor = [h for h in PROOF["households"] if h["village"] == town["village"] and h["poor"] and h["role"]]
    assert villages.splitlines() == drawn(sampled, "village")
    assert households.splitlines() == drawn(poor, "household_no")


def test_verify_draw_says_whether_a_proof_holds(tmp_path: Path) -> None:
    files = {"sound": json.dumps(PROOF), "forged": json.dumps(PROOF | {"seed": "another"}), "broken": "{"}
    for name, content in files.items():
        (tmp_path / name).write_text(content)

    said = {name: CliRunner().invoke(app, ["verify-draw", str(tmp_path / name)]) for name in files}

    assert [one.exit_code for one in said.values()] == [0, 1, 1]
    assert "结果一致" in said["sound"].stdout
    assert "villages: 52; " in said["sound"].stdout
    assert "抽取不成立" in said["forged"].stdout
    assert "无法读取" in said["broken"].stdout


@pytest.mark.parametrize("module", [draw, places, proof, travel])
def test_the_examples_in_the_rules_are_right(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


def test_sha256sum_repeats_the_digest() -> None:
    text = "".join(f"{line}\n" for line in PROOF["frame"]["lines"])

    assert hashlib.sha256(text.encode()).hexdigest() == PROOF["frame"]["digest"]
