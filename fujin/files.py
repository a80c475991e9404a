"""The county's files: workbooks as towns fill them in, one town's CSV in GB18030, headings in Chinese.

Each says what it is in its first line, its properties and a sheet of its own: synthetic data (合成数据). The same
world gives the same bytes.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import xlsxwriter

from fujin.households import Household, Member
from fujin.people import AS_OF
from fujin.rosters import RosterRow
from fujin.world import World

Cell = str | int | float | date | None
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
NOTE = "合成数据：由程序生成，人名和号码不对应任何真实的人"
EXPLAINED = (
    "本文件是程序按固定种子生成的合成数据，用于演示和测试。",
    "人名由常见姓和常见字组成；证件号码的地址码99不存在，电话以100开头，银行卡号校验位有误，均不对应任何真实的人。",
    "Synthetic data, generated from a seed for demonstration and tests. No person, number or account in it exists.",
)
TOWN_WITH_CSV = 7  # its clerk sends a CSV as the county's older software writes it

LEVELS = {"COUNTY": "县", "TOWN": "镇", "VILLAGE": "村"}
RESIDENCES = {"RURAL": "农村", "URBAN": "城镇"}
STATUSES = {"NOT_POOR": "非贫困户", "IDENTIFIED": "新识别", "POOR": "未脱贫", "EXITED": "已脱贫", "STABLE": "稳定脱贫"}
TYPES = {"GENERAL": "一般贫困户", "MINIMUM_LIVING": "低保", "DESTITUTE": "特困供养"}

DIVISION_HEADINGS = (
    *("行政区划代码", "名称", "级别", "上级代码", "贫困村", "通自来水", "供水运行"),
    *("户籍人口", "劳动力", "村集体收入(元)", "经度", "纬度"),
)
HOUSEHOLD_HEADINGS = (
    *("户编号", "行政区划代码", "居住类型", "户类型", "户状态", "识别日期", "脱贫日期", "主要致贫原因", "其他致贫原因"),
    *(
        "联系电话",
        "银行账号",
        "工资性收入(元)",
        "经营性收入(元)",
        "财产性收入(元)",
        "转移性收入(元)",
        "生产经营支出(元)",
    ),
    *("收入年度", "住房等级", "耕地面积(亩)", "姓名", "证件号码", "性别", "民族", "与户主关系", "文化程度", "在校状况"),
    *("健康状况", "劳动能力", "医疗保险", "残疾证号"),
)
PATHWAY_HEADINGS = ("户编号", "脱贫路径", "开始日期", "结束日期", "预计年收入(元)")
HELPER_HEADINGS = ("户编号", "帮扶干部", "单位", "职务", "包保级别", "帮扶责任人", "开始日期", "结束日期")
GUARANTEE_HEADINGS = ("户编号", "年度", "项目", "结果", "核查日期")
LEDGER_HEADINGS = ("户编号", "户主姓名", "证件号码", "行政区划代码", "四类人员类别", "居住类型")
APPRAISAL_HEADINGS = ("户编号", "户主姓名", "证件号码", "行政区划代码", "鉴定日期", "房屋等级")


@dataclass(frozen=True, slots=True)
class File:
    """A file to send: `kind` is what the registry calls it."""

    name: str
    kind: str
    content: bytes
    media_type: str

    @property
    def part(self) -> tuple[str, bytes, str]:
        """As the `file` of a multipart form."""
        return self.name, self.content, self.media_type


def divisions(world: World) -> File:
    rows = (
        (
            *(place.code, place.name, LEVELS[place.level], place.parent_code),
            *map(_yes_no, (place.poor_village, place.has_tap_water, place.water_system_running)),
            *(place.population, place.labour_force, place.collective_income_yuan, place.longitude, place.latitude),
        )
        for place in world.divisions
    )
    return _workbook("01_行政区划.xlsx", "DIVISIONS", "富锦市行政区划", DIVISION_HEADINGS, rows)


def households(world: World) -> Iterator[File]:
    """One file for each town, made when it is asked for."""
    for number, town in enumerate(world.towns):
        own = [one for one in world.households if one.division_code.startswith(town.code[:9])]
        rows = (_member_row(household, member) for household in own for member in household.members)
        name = f"02_户及家庭成员_{town.name}"
        if number == TOWN_WITH_CSV:
            yield _csv(f"{name}.csv", "HOUSEHOLDS", HOUSEHOLD_HEADINGS, rows)
        else:
            title = f"{town.name}建档立卡户和其他住户登记表"
            yield _workbook(f"{name}.xlsx", "HOUSEHOLDS", title, HOUSEHOLD_HEADINGS, rows)


def pathways(world: World) -> File:
    rows = ((row.household_no, row.pathway, row.since, row.until, row.expected_income) for row in world.pathways)
    return _workbook("03_脱贫路径.xlsx", "PATHWAYS", "贫困户脱贫路径登记表", PATHWAY_HEADINGS, rows)


def helpers(world: World) -> File:
    rows = (
        (row.household_no, row.cadre_name, row.department, row.position, row.level, "是", row.since, row.until)
        for row in world.helpers
    )
    return _workbook("04_帮扶干部.xlsx", "HELPERS", "帮扶干部包户登记表", HELPER_HEADINGS, rows)


def guarantees(world: World) -> File:
    rows = ((row.household_no, row.year, row.item, row.result, row.checked_on) for row in world.guarantees)
    return _csv("05_两不愁三保障核查.csv", "GUARANTEES", GUARANTEE_HEADINGS, rows, encoding="utf-8-sig")


def ledger_2017(world: World) -> File:
    rows = (_roster_row(row) for row in world.rosters.ledger_2017)
    title = "危房改造四类人员台账（2017年末）"
    return _workbook("06_四类人员台账_2017年末.xlsx", "HOUSING", title, LEDGER_HEADINGS, rows)


def data_2018(world: World) -> File:
    rows = ((*_roster_row(row), row.removed_reason or None) for row in world.rosters.data_2018)
    title = "四类人员最新数据（2018年）"
    return _workbook("07_四类人员最新数据_2018年.xlsx", "HOUSING", title, (*LEDGER_HEADINGS, "清退原因"), rows)


def appraisals(world: World) -> File:
    rows = ((*_roster_row(row)[:4], row.appraised_on, f"{row.house_grade}级") for row in world.rosters.appraisals)
    return _workbook("08_房屋鉴定结果.xlsx", "APPRAISAL", "房屋等级鉴定结果", APPRAISAL_HEADINGS, rows)


def every(world: World) -> Iterator[File]:
    yield divisions(world)
    yield from households(world)
    for make in (pathways, helpers, guarantees, ledger_2017, data_2018, appraisals):
        yield make(world)


def write(world: World, folder: Path) -> list[Path]:
    """All files, for a person to open."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for file in every(world):
        path = folder / file.name
        path.write_bytes(file.content)
        paths.append(path)
    return paths


def _member_row(household: Household, member: Member) -> tuple[Cell, ...]:
    """The household's columns stand on each of its rows."""
    main, *others = household.causes or (None,)
    return (
        *(household.household_no, household.division_code, RESIDENCES[household.residence]),
        *(TYPES.get(household.poverty_type or ""), STATUSES[household.status]),
        *(household.identified_on, household.exited_on, main, "、".join(filter(None, others)) or None),
        *(household.phone, household.bank_account),
        *(household.wage_income, household.business_income, household.property_income, household.transfer_income),
        *(household.production_cost, 2017, f"{household.house_grade}级", float(household.farmland_mu)),
        *(member.name, member.id_number, "男" if member.male else "女", member.nationality, member.relation),
        *(member.education, member.school_stage, "、".join(member.health), member.labour_ability),
        *(_yes_no(household.registered or member.age < 70), member.disability_certificate),
    )


def _roster_row(row: RosterRow) -> tuple[Cell, ...]:
    residence = RESIDENCES.get(row.residence)
    return row.household_no or None, row.name, row.id_number, row.division_code, row.category or None, residence


def _yes_no(value: bool | None) -> str | None:
    return None if value is None else "是" if value else "否"


def _workbook(name: str, kind: str, title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> File:
    """A title, the headings, the rows; dates as date cells, numbers longer than 15 digits as text."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "in_memory": False})
    book.set_properties({"title": title, "subject": NOTE, "comments": "\n".join(EXPLAINED), "created": _made()})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet(title[:31])
    sheet.set_column(0, len(headings) - 1, 16)
    sheet.freeze_panes(2, 1)
    sheet.write_string(0, 0, f"{title}（{NOTE}）", bold)
    for column, heading in enumerate(headings):
        sheet.write_string(1, column, heading, bold)
    for at, row in enumerate(rows, start=2):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(at, column, cell)
            elif isinstance(cell, date):
                sheet.write_datetime(at, column, cell, day)
            elif cell is not None:
                sheet.write_number(at, column, cell)
    about = book.add_worksheet("说明")
    for at, line in enumerate(EXPLAINED):
        about.write_string(at, 0, line)
    book.close()
    return File(name, kind, out.getvalue(), XLSX)


def _csv(
    name: str, kind: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]], encoding: str = "gb18030"
) -> File:
    """Commas and CRLF, dates as 2018/5/17; the first line says what it is."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([NOTE, *[""] * (len(headings) - 1)])
    writer.writerow(headings)
    writer.writerows([_spelt(cell) for cell in row] for row in rows)
    return File(name, kind, out.getvalue().encode(encoding), CSV)


def _spelt(cell: Cell) -> Cell:
    return f"{cell.year}/{cell.month}/{cell.day}" if isinstance(cell, date) else cell


def _made() -> datetime:
    return datetime(AS_OF.year, AS_OF.month, AS_OF.day)  # noqa: DTZ001  (a workbook's properties know no zone)
