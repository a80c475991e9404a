"""Files as people send them, and the way through the front door."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from tests.conftest import Api
from tests.registry.world import VILLAGE, id_number

HOUSEHOLDS = (
    "户编号", "行政区划代码", "居住类型", "户类型", "户状态", "识别日期", "脱贫日期", "主要致贫原因",
    "其他致贫原因", "联系电话", "银行账号", "工资性收入(元)", "收入年度", "住房等级", "耕地面积(亩)",
    "姓名", "证件号码", "性别", "民族", "与户主关系", "健康状况", "医疗保险",
)  # fmt: skip
ROSTER = (
    "户编号", "户主姓名", "证件号码", "行政区划代码", "四类人员类别", "居住类型", "清退原因", "鉴定日期", "房屋等级",
)  # fmt: skip


def csv_file(headings: Sequence[str], rows: Sequence[Sequence[Any]], encoding: str = "utf-8-sig") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_file(headings: Sequence[str], rows: Sequence[Sequence[Any]], title: str | None = None) -> bytes:
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"strings_to_formulas": False})
    sheet = book.add_worksheet()
    for at, row in enumerate([*([[title]] if title else []), headings, *rows]):
        sheet.write_row(at, 0, row)
    book.close()
    return data.getvalue()


def person(seed: int, household: int, relation: str = "户主", village: str = VILLAGE, **more: Any) -> list[Any]:
    """A row of a households file: a poor household's member, in the order of HOUSEHOLDS."""
    row = dict.fromkeys(HOUSEHOLDS, "") | {
        "户编号": f"{village}-{household:04d}", "行政区划代码": village, "姓名": f"张{seed}",
        "证件号码": id_number(seed), "性别": "男", "民族": "汉族", "与户主关系": relation,
        "健康状况": "长期慢性病、残疾", "医疗保险": "是",
    }  # fmt: skip
    if relation == "户主":
        row |= {
            "居住类型": "农村", "户类型": "一般贫困户", "户状态": "未脱贫", "识别日期": "2016.3.1",
            "主要致贫原因": "因病", "其他致贫原因": "因残、缺劳力", "联系电话": "10013800138",
            "银行账号": "62109999000012345", "工资性收入(元)": "1,234.56", "收入年度": 2017, "住房等级": "C级",
            "耕地面积(亩)": "12.5",
        }  # fmt: skip
    return list((row | more).values())


def housed(seed: int, number: int | None = None, **more: Any) -> list[Any]:
    """A row of a roster, in the order of ROSTER."""
    row = dict.fromkeys(ROSTER, "") | {
        "户编号": f"{VILLAGE}-{number or seed:04d}", "户主姓名": f"李{seed}", "证件号码": id_number(seed),
        "行政区划代码": VILLAGE, "四类人员类别": "低保户", "居住类型": "农村",
    }  # fmt: skip
    return list((row | more).values())


async def send(registry: Api, path: str, file: bytes, filename: str = "file.csv", **form: Any) -> dict[str, Any]:
    """Send a file, run its operation: the operation as it ended."""
    answer = await registry.post(path, files={"file": (filename, file)}, data=form)
    assert answer.status_code == 202, answer.text
    await registry.drain()
    ended: dict[str, Any] = (await registry.get(answer.headers["location"])).json()
    assert answer.headers["content-location"] == f"{path}/{ended['id']}"
    return ended


async def imported(registry: Api, kind: str, file: bytes, **form: Any) -> dict[str, Any]:
    """Send an import, run it: the import as it ended."""
    ended = await send(registry, "/v1/imports", file, kind=kind, **form)
    assert ended["state"] in ("SUCCEEDED", "FAILED"), ended
    found: dict[str, Any] = (await registry.get(f"/v1/imports/{ended['id']}")).json()
    return found


async def roster(registry: Api, rows: Sequence[Sequence[Any]], name: str, kind: str = "HOUSING",
                 as_of: str = "2017-12-31") -> str:  # fmt: skip
    """Load a roster; its id."""
    ended = await send(registry, "/v1/rosters", csv_file(ROSTER, rows), name=name, kind=kind, as_of=as_of)
    assert ended["state"] == "SUCCEEDED", ended
    return str(ended["id"])


async def bad_cells(registry: Api, address: str) -> list[tuple[int, str, str]]:
    answer = await registry.get(f"{address}/errors", params={"limit": 200})
    return [(cell["row"], cell["column"], cell["code"]) for cell in answer.json()["items"]]


async def run_again(registry: Api, operation_id: str) -> None:
    """As after a crash: the queue still holds the operation's job, and a worker takes it up."""
    await registry.sql(
        """INSERT INTO procrastinate_jobs (task_name, queue_name, args)
           SELECT 'operation', 'default', jsonb_build_object('operation_id', id, 'principal', principal)
           FROM operation WHERE id = %s""",
        operation_id,
    )
    await registry.drain()
