"""The county, its towns and villages. The county is real; every town and village in it is made up."""

from dataclasses import dataclass
from itertools import product

from fujin.people import Dice

COUNTY = "230882000000"
COUNTY_NAME = "富锦市"

TOWNS = 11
VILLAGES = 266
POOR_VILLAGES = 8
WITHOUT_TAP_WATER = 38
NOT_RUNNING = 40

_TOWN_NAMES = (
    "福安镇",
    "和平镇",
    "丰乐镇",
    "兴业镇",
    "永裕镇",
    "双泉镇",
    "金河镇",
    "东升镇",
    "北林镇",
    "清水镇",
    "长岭镇",
)
_AUSPICIOUS = "福兴永长德富和平安吉庆丰裕隆祥瑞"
_LANDSCAPE = "山河林泉田岗原湖源岭庄屯江峰川台"
_NAMES = [f"{first}{last}村" for first, last in product(_AUSPICIOUS + "东西南北", _LANDSCAPE)]


@dataclass(frozen=True, slots=True)
class Division:
    code: str
    name: str
    level: str
    parent_code: str | None
    population: int
    labour_force: int
    longitude: float
    latitude: float
    poor_village: bool | None = None
    has_tap_water: bool | None = None
    water_system_running: bool | None = None  # None where there is no system
    collective_income_yuan: int | None = None


def divisions(dice: Dice) -> list[Division]:
    """The county, then the towns, then the villages, each in the order of its code."""
    names = dice.sample(_NAMES, VILLAGES)
    codes = [f"230882{100 + town}{200 + number}" for town in range(TOWNS) for number in range(_villages_of(town))]
    poor = set(dice.sample(codes, POOR_VILLAGES))
    dry = set(dice.sample([code for code in codes if code not in poor], WITHOUT_TAP_WATER))
    still = set(dice.sample([code for code in codes if code not in poor | dry], NOT_RUNNING))
    villages = [
        _village(dice, code, name, poor=code in poor, tap=code not in dry, running=code not in still)
        for code, name in zip(codes, names, strict=True)
    ]
    towns = [_sum(f"230882{100 + town}000", _TOWN_NAMES[town], "TOWN", COUNTY, villages) for town in range(TOWNS)]
    return [_sum(COUNTY, COUNTY_NAME, "COUNTY", None, villages), *towns, *villages]


def _villages_of(town: int) -> int:
    return VILLAGES // TOWNS + (town < VILLAGES % TOWNS)


def _village(dice: Dice, code: str, name: str, *, poor: bool, tap: bool, running: bool) -> Division:
    population = dice.between(420, 1650)
    town = int(code[6:9]) - 100
    return Division(
        code=code,
        name=name,
        level="VILLAGE",
        parent_code=f"{code[:9]}000",
        population=population,
        labour_force=population * dice.between(46, 58) // 100,
        longitude=round(131.5 + (town % 4) * 0.25 + dice.below(2400) / 10000, 4),
        latitude=round(46.9 + (town // 4) * 0.15 + dice.below(1400) / 10000, 4),
        poor_village=poor,
        has_tap_water=tap,
        water_system_running=running if tap else None,
        collective_income_yuan=dice.between(4, 30) * 1000 if poor else dice.between(20, 260) * 1000,
    )


def _sum(code: str, name: str, level: str, parent: str | None, villages: list[Division]) -> Division:
    prefix = code.rstrip("0") if level == "COUNTY" else code[:9]
    own = [village for village in villages if village.code.startswith(prefix)]
    return Division(
        code=code,
        name=name,
        level=level,
        parent_code=parent,
        population=sum(village.population for village in own),
        labour_force=sum(village.labour_force for village in own),
        longitude=round(sum(village.longitude for village in own) / len(own), 4),
        latitude=round(sum(village.latitude for village in own) / len(own), 4),
    )
