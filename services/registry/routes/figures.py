from dataclasses import replace
from datetime import date, datetime

from fupin import listing
from fupin.app import Router
from fupin.auth import needs
from fupin.db import Db
from fupin.figures import Figure, FigureList, figure
from services.registry.codes import DivisionLevel, SchoolStage
from services.registry.queries import housing, pathways
from services.registry.queries.divisions import Divisions
from services.registry.queries.households import Households
from services.registry.queries.members import Members
from services.registry.routes.answers import AsOf, KnownAt
from services.registry.rules import coverage

router = Router(tags=["figures"])

Counted = tuple[str, str, str, str, listing.Listing, str]


def _counted(as_of: date, known_at: datetime | None) -> list[Counted]:
    """Every figure that is a number of rows: id, unit, labels, the rows, and the address that lists them."""
    day = f"as_of={as_of.isoformat()}"
    identified = Households(as_of, registered=True, identified_year=as_of.year, known_at=known_at)
    helped = replace(identified, has_helper=True)
    poor_villages = Divisions(as_of, DivisionLevel.VILLAGE, poor_village=True)
    dry = Divisions(as_of, DivisionLevel.VILLAGE, has_tap_water=False)
    idle = Divisions(as_of, DivisionLevel.VILLAGE, has_tap_water=True, water_system_running=False)
    school = (SchoolStage.PRIMARY, SchoolStage.JUNIOR, SchoolStage.SENIOR)
    students = Members(as_of, school_stage=school, registered=True, known_at=known_at)
    lines = pathways.entries("medical_line", as_of)
    ways = pathways.entries("pathway", as_of)
    return [
        ("newly_identified_households", "household", "新识别贫困户", "Households newly identified this year",
         identified.listing(), identified.href()),
        ("newly_identified_with_helper", "household", "已确定帮扶干部", "Newly identified, with a responsible cadre",
         helped.listing(), helped.href()),
        ("poor_villages", "village", "贫困村", "Poor villages", poor_villages.listing(), poor_villages.href()),
        ("villages_without_tap_water", "village", "未安装自来水村屯", "Villages without tap water",
         dry.listing(), dry.href()),
        ("water_systems_not_running", "village", "没有运行村屯", "Villages whose water system does not run",
         idle.listing(), idle.href()),
        ("medical_guarantee_lines", "line", "兜底保障线", "Lines of medical protection",
         lines, f"/v1/medical-lines?{day}"),
        ("students_in_school", "student", "在读学生", "Pupils of registered households",
         students.listing(), students.href()),
        ("poverty_exit_pathways", "pathway", "脱贫路径", "Pathways out of poverty", ways, f"/v1/pathways?{day}"),
    ]  # fmt: skip


PATHWAYS = (
    ("households_without_pathway", "未覆盖脱贫项目的贫困户", "Poor households without a pathway"),
    ("households_with_one_pathway", "覆盖一项", "Poor households with one pathway"),
    ("households_two_pathways", "覆盖两项", "Poor households with two pathways"),
    ("households_three_pathways", "覆盖三项", "Poor households with three pathways"),
    ("households_four_or_more_pathways", "覆盖四项以上", "Poor households with four or more pathways"),
)


async def _covered(db: Db, as_of: date, known_at: datetime | None) -> list[Figure]:
    """Poor households, all of them and by number of pathways, in one pass."""
    found = coverage.buckets(await pathways.coverage(db, as_of, known_at))
    poor = sum(found.values())
    href = Households(as_of, poor=True, known_at=known_at).href()
    items = [figure("poor_households", poor, "household", zh="贫困户", en="Poor households", href=href, rows=poor)]
    for number, (id, zh, en) in enumerate(PATHWAYS):
        href = Households(as_of, poor=True, pathways=number, known_at=known_at).href()
        items.append(figure(id, found[number], "household", zh=zh, en=en, href=href, rows=found[number]))
    return items


@router.get("/v1/figures", dependencies=[needs("registry:read")])
async def get_figures(db: Db, as_of: AsOf, known_at: KnownAt) -> FigureList:
    """What the county briefing says of households and villages, counted from rows as they stood on a day."""
    items: list[Figure] = []
    for id, unit, zh, en, rows, href in _counted(as_of, known_at):
        value = await listing.count(db, rows)
        items.append(figure(id, value, unit, zh=zh, en=en, href=href, rows=value))
    items.extend(await _covered(db, as_of, known_at))
    items.extend(await housing.housing_figures(db, as_of))
    return FigureList(as_of=as_of, items=items)
