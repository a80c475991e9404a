"""Synthetic Fujin has the numbers of the spring of 2018, in its rows, and nobody real in it."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric

from fujin.households import Household, Member
from fujin.people import AS_OF, Dice, check_digit, fails_luhn
from fujin.world import World, make

FIGURES = {
    "counties": 1,
    "towns": 11,
    "villages": 266,
    "poor_villages": 8,
    "villages_without_tap_water": 38,
    "water_systems_not_running": 40,
    "newly_identified_households": 35,
    "newly_identified_with_helper": 35,
    "poor_households_without_helper": 0,
    "households_without_pathway": 0,
    "households_two_pathways": 637,
    "households_three_pathways": 122,
    "households_four_or_more_pathways": 38,
    "pathways": 10,
    "students_in_school": 243,
    "housing_roster": 2781,
    "housing_removed": 488,
    "housing_eligible": 2293,
    "housing_appraised": 877,
    "housing_applied_urban": 134,
    "housing_applied": 1550,
}


def members(world: World) -> Iterator[tuple[Household, Member]]:
    return ((household, member) for household in world.households for member in household.members)


def test_one_seed_makes_one_county(world: World) -> None:
    assert make(world.seed) == world


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 10**9))
def test_any_seed_gives_other_people_and_the_same_figures(seed: int) -> None:
    other = make(seed)
    assert len({household.household_no for household in other.households}) == len(other.households)
    assert _figures(other) == FIGURES


def _figures(world: World) -> dict[str, int]:
    """Each counted from rows, as the services count them."""
    ways = Counter(
        row.household_no for row in world.pathways if row.since <= AS_OF and (row.until is None or row.until >= AS_OF)
    )
    poor = {household.household_no for household in world.households if household.poor}
    helped = {row.household_no for row in world.helpers if row.since <= AS_OF and (row.until or AS_OF) >= AS_OF}
    newly = {
        household.household_no
        for household in world.households
        if household.identified_on and date(2018, 1, 1) <= household.identified_on <= AS_OF
    }
    ledger = {row.id_number for row in world.rosters.ledger_2017}
    eligible = [row for row in world.rosters.data_2018 if not row.removed_reason]
    removed = {row.id_number for row in world.rosters.data_2018 if row.removed_reason}
    appraised = {row.id_number for row in world.rosters.appraisals}
    added = [row for row in eligible if row.residence == "URBAN"]
    kept = [row for row in eligible if row.residence == "RURAL"]
    return {
        "counties": sum(place.level == "COUNTY" for place in world.divisions),
        "towns": len(world.towns),
        "villages": len(world.villages),
        "poor_villages": len(world.poor_villages),
        "villages_without_tap_water": len(world.villages_without_tap_water),
        "water_systems_not_running": len(world.villages_not_running),
        "newly_identified_households": len(newly),
        "newly_identified_with_helper": len(newly & helped),
        "poor_households_without_helper": len(poor - helped),
        "households_without_pathway": len(poor - set(ways)),
        "households_two_pathways": sum(ways[number] == 2 for number in poor),
        "households_three_pathways": sum(ways[number] == 3 for number in poor),
        "households_four_or_more_pathways": sum(ways[number] >= 4 for number in poor),
        "pathways": len({row.pathway for row in world.pathways}),
        "students_in_school": sum(
            member.school_stage in ("小学", "初中", "高中")
            for household, member in members(world)
            if household.registered
        ),
        "housing_roster": len(ledger),
        "housing_removed": len(removed & ledger),
        "housing_eligible": len(kept),
        "housing_appraised": sum(row.id_number in appraised for row in kept),
        "housing_applied_urban": sum(row.id_number not in ledger for row in added),
        "housing_applied": len(added) + sum(row.id_number not in appraised for row in kept),
    }


def test_every_headline_number_is_in_the_rows(world: World) -> None:
    assert _figures(world) == FIGURES


def test_an_inspection_finds_enough_households_of_either_kind_in_every_village(world: World) -> None:
    poor = Counter(household.division_code for household in world.households if household.poor)
    others = Counter(household.division_code for household in world.households if household.status == "NOT_POOR")
    assert all(poor[village.code] >= 6 and others[village.code] >= 8 for village in world.villages)
    assert min(Counter(village.parent_code for village in world.villages).values()) >= 24


def test_id_numbers_are_well_formed_and_belong_to_nobody(world: World) -> None:
    numbers = [member.id_number for _, member in members(world)]
    assert len(set(numbers)) == len(numbers)
    typed = {row.id_number for rows in (world.rosters.ledger_2017, world.rosters.data_2018) for row in rows}
    for number in {*numbers, *typed}:
        assert len(number) == 18
        assert ric.calc_check_digit(number) == number[-1]
        with pytest.raises(ric.InvalidComponent):
            ric.get_birth_place(number)


def test_an_id_number_says_the_birth_date_and_sex_that_the_row_says(world: World) -> None:
    for _, member in members(world):
        assert member.id_number[6:14] == f"{member.born:%Y%m%d}"
        assert int(member.id_number[16]) % 2 == member.male


def test_no_telephone_rings_and_no_card_pays(world: World) -> None:
    assert all(household.phone.startswith("100") and len(household.phone) == 11 for household in world.households)
    assert all(fails_luhn(household.bank_account) for household in world.households)
    assert len({household.phone for household in world.households}) == len(world.households)
    assert len({household.bank_account for household in world.households}) == len(world.households)


def test_a_family_makes_sense(world: World) -> None:
    for household in world.households:
        heads = [member for member in household.members if member.relation == "户主"]
        assert heads == [household.head]
        assert household.head.age >= 18
        for member in household.members:
            if member.relation in ("子", "女"):
                assert member.age <= household.head.age - 15
                assert member.name[0] == household.head.name[0]
            if member.relation == "配偶":
                assert member.male != household.head.male
            if member.school_stage == "小学":
                assert 6 <= member.age <= 12
            if member.school_stage == "初中":
                assert 12 < member.age <= 15
            if 7 <= member.age <= 15:
                assert member.school_stage in ("小学", "初中")
            if member.labour_ability in ("普通劳动力", "技能劳动力"):
                assert 16 <= member.age < 60
            if member.disability_certificate:
                assert member.disability_certificate.startswith(member.id_number)
                assert len(member.disability_certificate) == 20


def test_the_poor_earn_less_than_the_line_and_the_others_more(world: World) -> None:
    for household in world.households:
        lines = (
            household.wage_income,
            household.business_income,
            household.property_income,
            household.transfer_income,
            household.production_cost,
        )
        assert min(lines) >= 0
        per_head = (sum(lines) - 2 * household.production_cost) / len(household.members)
        assert (per_head < 3335) == household.poor


def test_what_is_done_for_a_household_begins_after_it_was_identified(world: World) -> None:
    identified = {household.household_no: household.identified_on for household in world.households}
    for row in (*world.pathways, *world.helpers):
        since = identified[row.household_no]
        assert since is not None
        assert since <= row.since <= AS_OF
        assert row.until is None or row.since <= row.until


def test_one_cadre_answers_for_a_household_on_a_day(world: World) -> None:
    days: dict[str, list[tuple[date, date]]] = {}
    for row in world.helpers:
        days.setdefault(row.household_no, []).append((row.since, row.until or date.max))
    for held in days.values():
        ordered = sorted(held)
        assert all(until < since for (_, until), (since, _) in pairwise(ordered))


def test_the_newer_data_contradicts_the_ledger_in_a_handful_of_rows_only(world: World) -> None:
    ledger = {row.household_no: row for row in world.rosters.ledger_2017 if row.household_no}
    newer = [row for row in world.rosters.data_2018 if row.household_no in ledger and not row.removed_reason]
    contradicting = [row for row in newer if row != ledger[row.household_no]]
    assert len(contradicting) == 7
    assert sum(row.name != ledger[row.household_no].name for row in contradicting) == 3
    assert sum(row.category != ledger[row.household_no].category for row in contradicting) == 2
    assert sum(row.id_number != ledger[row.household_no].id_number for row in contradicting) == 2


@given(st.from_regex(r"\A[1-9][0-9]{16}\Z"))
def test_the_check_digit_is_the_standards(first17: str) -> None:
    assert check_digit(first17) == ric.calc_check_digit(first17 + "0")


@given(st.integers(), st.lists(st.integers(), max_size=30, unique=True), st.data())
def test_a_sample_takes_each_thing_at_most_once(seed: int, things: list[int], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(things)))
    taken = Dice(seed).sample(things, n)
    assert len(taken) == len(set(taken)) == n
    assert set(taken) <= set(things)
