"""What is done for each household: the pathways it is on, the cadres who answer for it, the guarantees checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fujin.households import Household
from fujin.people import AS_OF, Dice, People
from fujin.places import Division

TWO_PATHWAYS = 637
THREE_PATHWAYS = 122
FOUR_OR_MORE = 38

PATHWAYS = (
    "畜牧养殖",
    "互联网+农业",
    "光伏发电",
    "特色种植",
    "庭院经济",
    "劳务输出",
    "公益岗位",
    "产业分红",
    "土地流转",
    "乡村旅游",
)
DEPARTMENTS = (
    "市农业局",
    "市财政局",
    "市教育局",
    "市卫生局",
    "市水务局",
    "市住建局",
    "市民政局",
    "市人社局",
    "市交通局",
    "市林业局",
    "市畜牧局",
    "市残联",
)


@dataclass(frozen=True, slots=True)
class PathwayRow:
    household_no: str
    pathway: str
    since: date
    until: date | None
    expected_income: int


@dataclass(frozen=True, slots=True)
class HelperRow:
    household_no: str
    cadre_name: str
    department: str
    position: str
    level: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class GuaranteeRow:
    household_no: str
    year: int
    item: str
    result: str
    checked_on: date


def pathways(dice: Dice, households: Sequence[Household]) -> list[PathwayRow]:
    """Every poor household is on one at least; some were on another that has ended."""
    poor = [household for household in households if household.poor]
    several = dice.sample(poor, TWO_PATHWAYS + THREE_PATHWAYS + FOUR_OR_MORE)
    count = {household.household_no: 2 for household in several}
    for household in several[TWO_PATHWAYS:]:
        count[household.household_no] = 3
    for household in several[TWO_PATHWAYS + THREE_PATHWAYS :]:
        count[household.household_no] = dice.weighted((4, 5, 6), (28, 8, 2))
    rows = []
    for household in poor:
        now = count.get(household.household_no, 1)
        ended = household.status == "POOR" and dice.chance(0.08)
        chosen = dice.sample(PATHWAYS, now + ended)
        number = household.household_no
        rows += [PathwayRow(number, way, _since(dice, household), None, _yield(dice)) for way in chosen[:now]]
        if ended:
            since = max(date(2017, 3, 1), _known(household))
            rows.append(PathwayRow(number, chosen[-1], since, date(2017, 12, 31), _yield(dice)))
    return rows


def _known(household: Household) -> date:
    if household.identified_on is None:
        raise ValueError(f"{household.household_no} was never identified")
    return household.identified_on


def _since(dice: Dice, household: Household) -> date:
    first = max(_known(household) + timedelta(days=5), date(2017, 1, 1))
    return dice.day(first, max(first, date(2018, 5, 10)))


def _yield(dice: Dice) -> int:
    return dice.between(6, 60) * 100


def helpers(dice: Dice, people: People, towns: Sequence[Division], households: Sequence[Household]) -> list[HelperRow]:
    """One responsible cadre for every poor household today; a few have taken over from a colleague this year."""
    cadres = _cadres(dice, people, towns)
    rows = []
    for household in households:
        if not household.poor:
            continue
        own = cadres[household.division_code[:9]]
        since = dice.day(_known(household), min(_known(household) + timedelta(days=25), AS_OF))
        now = dice.pick(own)
        if household.status == "POOR" and dice.chance(0.05):
            before = next(cadre for cadre in own if cadre[0] != now[0])
            rows.append(HelperRow(household.household_no, *before, since, date(2017, 12, 31)))
            since = date(2018, 1, 1)
        rows.append(HelperRow(household.household_no, *now, since, None))
    return rows


def _cadres(dice: Dice, people: People, towns: Sequence[Division]) -> dict[str, list[tuple[str, str, str, str]]]:
    """By town: name, department, position and level of each cadre."""
    cadres = {}
    for town in towns:
        names: dict[str, None] = {}
        while len(names) < 60:
            names[people.name(dice.chance(0.7))] = None
        own = []
        for number, name in enumerate(names):
            if number < 36:
                own.append((name, dice.pick(DEPARTMENTS), dice.pick(("科员", "科长", "副科长")), "市直部门包户"))
            else:
                own.append((name, f"{town.name}政府", dice.pick(("科员", "包村干部", "副镇长")), "镇干部包户"))
        cadres[town.code[:9]] = own
    return cadres


def guarantees(dice: Dice, villages: Sequence[Division], households: Sequence[Household]) -> list[GuaranteeRow]:
    """两不愁三保障 of each poor household in 2018, told by what else is known of it."""
    running = {village.code: bool(village.water_system_running) for village in villages}
    rows = []
    for household in households:
        if not household.poor:
            continue
        checked = dice.day(max(_known(household), date(2018, 3, 5)), date(2018, 5, 15))
        results = {
            "不愁吃": "达标",
            "不愁穿": "达标",
            "住房安全": "达标" if household.house_grade in "AB" else "未达标",
            "饮水安全": "达标" if running[household.division_code] else "未达标",
            "基本医疗": "达标",
            "义务教育": "达标" if any(m.school_stage in ("小学", "初中") for m in household.members) else "不适用",
        }
        rows += [GuaranteeRow(household.household_no, 2018, item, result, checked) for item, result in results.items()]
    return rows
