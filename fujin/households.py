"""Families: who lives together, what they earn, what ails them and what the county calls them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fujin.people import AS_OF, Dice, People, age_on
from fujin.places import Division

REGISTERED = ("IDENTIFIED", "POOR", "EXITED", "STABLE")
POOR = ("IDENTIFIED", "POOR")

NEWLY_IDENTIFIED = 35
STUDENTS = 243
URBAN = 134

_NATIONALITIES = ("汉族", "满族", "朝鲜族", "赫哲族", "回族")
_CAUSES = ("因病", "因残", "因学", "因灾", "缺土地", "缺技术", "缺劳力", "缺资金", "自身发展动力不足")
_CAUSE_WEIGHTS = (44, 18, 5, 3, 4, 6, 14, 4, 2)


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    id_number: str
    born: date
    male: bool
    nationality: str
    relation: str
    education: str
    school_stage: str
    health: tuple[str, ...]
    labour_ability: str
    disability_certificate: str | None

    @property
    def age(self) -> int:
        return age_on(self.born, AS_OF)


@dataclass(frozen=True, slots=True)
class Household:
    """Money in whole yuan of the year 2017."""

    household_no: str
    division_code: str
    residence: str
    poverty_type: str | None
    status: str
    identified_on: date | None
    exited_on: date | None
    causes: tuple[str, ...]
    phone: str
    bank_account: str
    wage_income: int
    business_income: int
    property_income: int
    transfer_income: int
    production_cost: int
    house_grade: str
    farmland_mu: str
    members: tuple[Member, ...]

    @property
    def head(self) -> Member:
        return self.members[0]

    @property
    def registered(self) -> bool:
        """建档立卡: poor now, or lifted out of poverty and still followed."""
        return self.status in REGISTERED

    @property
    def poor(self) -> bool:
        return self.status in POOR

    @property
    def students(self) -> int:
        return sum(member.school_stage in ("小学", "初中", "高中") for member in self.members)


@dataclass(slots=True)
class Slot:
    """A household to be made: where, which status, and how many of its children go to school."""

    division_code: str
    status: str
    residence: str = "RURAL"
    newly: bool = False
    pupils: int = 0


def households(dice: Dice, people: People, villages: Sequence[Division]) -> list[Household]:
    """All registered and other households, village by village; the numbers of the briefing are decided here."""
    slots = _slots(dice, villages)
    poor = [slot for slot in slots if slot.status == "POOR"]
    for slot in dice.sample(poor, NEWLY_IDENTIFIED):
        slot.status, slot.newly = "IDENTIFIED", True
    _send_to_school(dice, slots)
    made, serial = [], dict.fromkeys((village.code for village in villages), 0)
    for slot in slots:
        serial[slot.division_code] += 1
        made.append(_household(dice, people, slot, serial[slot.division_code]))
    return made


def _slots(dice: Dice, villages: Sequence[Division]) -> list[Slot]:
    """At least six poor and eight other households in each village: an inspection draws five of each."""
    slots: list[Slot] = []
    for village in villages:
        poor = dice.between(14, 20) if village.poor_village else dice.between(6, 8)
        slots += [Slot(village.code, "POOR") for _ in range(poor)]
        slots += [Slot(village.code, dice.pick(("EXITED", "STABLE"))) for _ in range(dice.between(0, 2))]
        slots += [Slot(village.code, "NOT_POOR") for _ in range(dice.between(8, 9))]
    # Town centres: the first village of each town holds the town's urban households.
    centres = [village.code for village in villages if village.code.endswith("200")]
    slots += [Slot(centres[number % len(centres)], "NOT_POOR", "URBAN") for number in range(URBAN)]
    return sorted(slots, key=lambda slot: slot.division_code)


def _send_to_school(dice: Dice, slots: Sequence[Slot]) -> None:
    """243 pupils in registered households, one or two in a family; the others' children are free."""
    registered = [slot for slot in slots if slot.status in REGISTERED]
    left = STUDENTS
    for slot in dice.sample(registered, STUDENTS):
        if not left:
            break
        slot.pupils = min(left, 2 if dice.chance(0.3) else 1)
        left -= slot.pupils
    for slot in slots:
        if slot.status == "NOT_POOR":
            slot.pupils = dice.weighted((0, 1, 2), (70, 24, 6))


def _household(dice: Dice, people: People, slot: Slot, serial: int) -> Household:
    members = _family(dice, people, slot)
    registered = slot.status != "NOT_POOR"
    identified = _identified(dice, slot)
    return Household(
        household_no=f"{slot.division_code}-{serial:04d}",
        division_code=slot.division_code,
        residence=slot.residence,
        poverty_type=dice.weighted(("GENERAL", "MINIMUM_LIVING", "DESTITUTE"), (62, 30, 8)) if registered else None,
        status=slot.status,
        identified_on=identified,
        exited_on=dice.day(date(2017, 10, 10), date(2017, 12, 20)) if slot.status in ("EXITED", "STABLE") else None,
        causes=_causes(dice, members) if registered else (),
        phone=people.phone(),
        bank_account=people.bank_account(),
        **_income(dice, slot.status, members),
        house_grade=dice.weighted("ABCD", (25, 40, 22, 13) if slot.status in POOR else (55, 38, 5, 2)),
        farmland_mu=f"{dice.between(0, 380) / 10:.1f}" if slot.residence == "RURAL" else "0",
        members=tuple(members),
    )


def _identified(dice: Dice, slot: Slot) -> date | None:
    if slot.status == "NOT_POOR":
        return None
    if slot.newly:
        return dice.day(date(2018, 3, 1), date(2018, 4, 20))
    return dice.day(date(2014, 5, 1), date(2016 if slot.status in ("EXITED", "STABLE") else 2017, 9, 30))


def _family(dice: Dice, people: People, slot: Slot) -> list[Member]:
    """The head first. Families with pupils have a parent of an age to be one; many of the others are old."""
    surname = people.surname()
    nation = dice.weighted(_NATIONALITIES, (955, 20, 8, 12, 5))
    poor = slot.status != "NOT_POOR"
    if slot.pupils:
        age = dice.between(36, 49)
    else:
        age = dice.weighted(
            (dice.between(62, 84), dice.between(45, 61), dice.between(24, 35)), (6, 3, 1) if poor else (3, 6, 2)
        )
    male = dice.chance(0.86)

    def person(years: int, is_male: bool, relation: str, name: str | None = None, pupil: bool = False) -> Member:
        return _member(dice, people, slot, years, is_male, relation, name, nation, pupil)

    family = [person(age, male, "户主", surname)]
    if dice.chance(0.62 if age < 75 else 0.4):
        family.append(person(max(22, age + dice.between(-5, 3)), not male, "配偶"))
    for _ in range(slot.pupils):
        boy = dice.chance(0.52)
        family.append(person(dice.between(7, min(18, age - 20)), boy, "子" if boy else "女", surname, pupil=True))
    if not slot.pupils and age < 62 and dice.chance(0.35):
        boy = dice.chance(0.6)
        grown = age - dice.between(22, 30)
        # Between 6 and 18 a child goes to school, and who goes to school is counted: so younger or grown up.
        years = grown if grown >= 19 else min(grown, 5)
        if years >= 0:
            family.append(person(years, boy, "子" if boy else "女", surname))
    if age < 62 and dice.chance(0.22):
        mother = dice.chance(0.6)
        family.append(person(min(93, age + dice.between(21, 29)), not mother, "母亲" if mother else "父亲"))
    return family


def _member(
    dice: Dice,
    people: People,
    slot: Slot,
    years: int,
    male: bool,
    relation: str,
    surname: str | None,
    nation: str,
    pupil: bool,
) -> Member:
    born = people.born(years)
    number = people.id_number(born, male, int(slot.division_code[6:9]))
    health = _health(dice, years, slot.status != "NOT_POOR")
    disabled = "残疾" in health
    return Member(
        name=people.name(male, surname),
        id_number=number,
        born=born,
        male=male,
        nationality=nation,
        relation=relation,
        education=_education(dice, years, pupil),
        school_stage=_stage(years) if pupil else "学前教育" if 4 <= years <= 5 else "非在校",
        health=health,
        labour_ability=_labour(dice, years, health),
        disability_certificate=f"{number}{dice.between(1, 7)}{dice.between(1, 4)}" if disabled else None,
    )


def _stage(years: int) -> str:
    return "小学" if years <= 12 else "初中" if years <= 15 else "高中"


def _education(dice: Dice, years: int, pupil: bool) -> str:
    if years < 6:
        return "学龄前"
    if pupil:
        return _stage(years)
    if years >= 60:
        return dice.weighted(("文盲或半文盲", "小学", "初中"), (35, 50, 15))
    return dice.weighted(("小学", "初中", "高中", "大专及以上"), (30, 52, 13, 5))


def _health(dice: Dice, years: int, poor: bool) -> tuple[str, ...]:
    ill = (0.45 if years >= 55 else 0.22 if years >= 30 else 0.04) * (1 if poor else 0.35)
    found = []
    if dice.chance(ill):
        found.append("长期慢性病" if dice.chance(0.8) else "患有大病")
    if dice.chance(ill * 0.35):
        found.append("残疾")
    return tuple(found) or ("健康",)


def _labour(dice: Dice, years: int, health: tuple[str, ...]) -> str:
    if years < 16:
        return "无劳动力"
    if "残疾" in health or "患有大病" in health:
        return dice.pick(("丧失劳动力", "弱劳动力或半劳动力"))
    if years >= 60:
        return "无劳动力" if years >= 75 else "弱劳动力或半劳动力"
    if "长期慢性病" in health:
        return "弱劳动力或半劳动力"
    return "技能劳动力" if dice.chance(0.06) else "普通劳动力"


def _causes(dice: Dice, members: Sequence[Member]) -> tuple[str, ...]:
    """The main cause first, up to two others."""
    fits = [
        cause
        for cause, weight in zip(_CAUSES, _CAUSE_WEIGHTS, strict=True)
        for _ in range(weight)
        if _plausible(cause, members)
    ]
    found = dict.fromkeys(dice.pick(fits) for _ in range(dice.weighted((1, 2, 3), (55, 33, 12))))
    return tuple(found)


def _plausible(cause: str, members: Sequence[Member]) -> bool:
    if cause == "因病":
        return any(set(member.health) & {"长期慢性病", "患有大病"} for member in members)
    if cause == "因残":
        return any("残疾" in member.health for member in members)
    if cause == "因学":
        return any(member.school_stage in ("初中", "高中") for member in members)
    if cause == "缺劳力":
        return not any(member.labour_ability in ("普通劳动力", "技能劳动力") for member in members)
    return True


def _income(dice: Dice, status: str, members: Sequence[Member]) -> dict[str, int]:
    """The year's lines; the poor stay below the line of 3,335 yuan a head."""
    net = len(members) * (dice.between(2300, 3300) if status in POOR else dice.between(3900, 15800))
    able = any(member.labour_ability in ("普通劳动力", "技能劳动力") for member in members)
    wage = net * (dice.between(15, 45) if able else 0) // 100
    transfer = net * dice.between(20, 45) // 100
    rent = dice.between(0, 4) * 50
    cost = dice.between(4, 40) * 100
    return {
        "wage_income": wage,
        "business_income": net - wage - transfer - rent + cost,
        "property_income": rent,
        "transfer_income": transfer,
        "production_cost": cost,
    }
