"""The housing rosters of the "four categories" (危房改造四类人员): the ledger of 2017, the data of 2018, appraisals.

2,781 households stand in the ledger. The newer data removes 488 with a reason, keeps 2,293 (seven of them
contradict the ledger: a misspelt name, another category, another number, and a person decides), and adds 134 urban
households. 877 of the kept have been appraised already.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from fujin.households import Household
from fujin.people import Dice, check_digit

BASE = 2781
REMOVED = 488
APPRAISED = 877
APPRAISED_THEN_REMOVED = 64
CONFLICTS = 7

_REASONS = (
    "死亡",
    "户口迁出",
    "已有安全住房",
    "比对发现在城镇购有住房",
    "子女有赡养能力",
    "家庭收入超过标准",
    "重复登记",
)
_REASON_WEIGHTS = (16, 9, 34, 14, 12, 11, 4)
_MISSPELT = {"王": "汪", "李": "黎", "张": "章", "刘": "柳", "陈": "程", "杨": "阳", "赵": "兆", "黄": "皇"}


@dataclass(frozen=True, slots=True)
class RosterRow:
    household_no: str
    name: str
    id_number: str
    division_code: str
    category: str
    residence: str
    removed_reason: str = ""
    appraised_on: date | None = None
    house_grade: str = ""


@dataclass(frozen=True, slots=True)
class Rosters:
    ledger_2017: tuple[RosterRow, ...]
    data_2018: tuple[RosterRow, ...]
    appraisals: tuple[RosterRow, ...]


def rosters(dice: Dice, households: Sequence[Household]) -> Rosters:
    ledger = _ledger(dice, households)
    removed = set(dice.sample(range(BASE), REMOVED))
    kept = [at for at in range(BASE) if at not in removed]
    newer = {at: replace(ledger[at]) for at in kept}
    for at in removed:
        newer[at] = replace(ledger[at], removed_reason=dice.weighted(_REASONS, _REASON_WEIGHTS))
    doubtful = _contradict(dice, ledger, newer, kept)
    urban = [_row(household, "低保户") for household in households if household.residence == "URBAN"]
    certain = [at for at in kept if at not in doubtful]
    appraised = dice.sample(certain, APPRAISED) + dice.sample(sorted(removed), APPRAISED_THEN_REMOVED)
    return Rosters(
        ledger_2017=tuple(ledger),
        data_2018=tuple([newer[at] for at in range(BASE)] + urban),
        appraisals=tuple(_appraised(dice, ledger[at]) for at in sorted(appraised)),
    )


def _ledger(dice: Dice, households: Sequence[Household]) -> list[RosterRow]:
    """All rural households that were poor, and as many others as the towns had listed; a few without a number."""
    rural = [household for household in households if household.residence == "RURAL"]
    certain = [household for household in rural if household.registered and household.status != "IDENTIFIED"]
    others = [household for household in rural if not household.registered]
    chosen = certain[:BASE] + dice.sample(others, max(0, BASE - len(certain)))
    rows = []
    for household in sorted(chosen, key=lambda one: one.household_no):
        row = _row(household, _category(dice, household))
        rows.append(replace(row, household_no="") if dice.chance(0.04) else row)
    return rows


def _category(dice: Dice, household: Household) -> str:
    if household.poverty_type == "DESTITUTE":
        return "农村分散供养特困人员"
    if household.poverty_type == "MINIMUM_LIVING":
        return "低保户"
    if household.registered:
        return "建档立卡贫困户"
    disabled = any(member.disability_certificate for member in household.members)
    return "贫困残疾人家庭" if disabled else dice.weighted(("低保户", "农村分散供养特困人员"), (85, 15))


def _row(household: Household, category: str) -> RosterRow:
    return RosterRow(
        household_no=household.household_no,
        name=household.head.name,
        id_number=household.head.id_number,
        division_code=household.division_code,
        category=category,
        residence=household.residence,
    )


def _contradict(dice: Dice, ledger: list[RosterRow], newer: dict[int, RosterRow], kept: list[int]) -> set[int]:
    """Three misspelt names, two other categories, two mistyped ID numbers, as clerks make them."""
    clear = [at for at in kept if ledger[at].household_no and ledger[at].name[0] in _MISSPELT]
    chosen = dice.sample(clear, CONFLICTS)
    for number, at in enumerate(chosen):
        row = newer[at]
        if number < 3:
            newer[at] = replace(row, name=_MISSPELT[row.name[0]] + row.name[1:])
        elif number < 5:
            other = "建档立卡贫困户" if row.category != "建档立卡贫困户" else "低保户"
            newer[at] = replace(row, category=other)
        else:
            newer[at] = replace(row, id_number=_mistyped(row.id_number))
    return set(chosen)


def _mistyped(number: str) -> str:
    """Born a year later, the check digit made to fit: such a number passes every form."""
    year = int(number[6:10]) + 1
    first17 = f"{number[:6]}{year}{number[10:17]}"
    return first17 + check_digit(first17)


def _appraised(dice: Dice, row: RosterRow) -> RosterRow:
    return replace(
        row,
        category="",
        residence="",
        appraised_on=dice.day(date(2017, 4, 10), date(2017, 11, 20)),
        house_grade=dice.weighted(("B", "C", "D"), (8, 47, 45)),
    )
