"""公示: the sheet that is put up in the village. Names masked, no personal numbers, no illness, no income."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Any
from uuid import UUID

from fastapi.responses import HTMLResponse
from sqlalchemy import Row

from fupin.app import Router
from fupin.auth import needs
from fupin.crypto import mask_name
from fupin.db import Db
from fupin.problems import NotFound, problems
from services.registry import models
from services.registry.codes import ProcedureKind, StepKind
from services.registry.problems.procedures import NoNotice
from services.registry.queries import notices
from services.registry.routes.answers import On

router = Router(tags=["procedures"])

STYLE = """
body { font-family: "Songti SC", "SimSun", "Noto Serif CJK SC", serif; color: #000; background: #fff;
       max-width: 46rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.8; font-size: 1.05rem; }
h1 { text-align: center; font-size: 1.8rem; letter-spacing: .2em; }
h2 { font-size: 1.2rem; }
table { width: 100%; border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid #000; padding: .35rem .5rem; text-align: center; }
p { text-indent: 2em; }
footer { text-align: right; margin-top: 3rem; }
@page { size: A4; margin: 25mm 20mm; }
@media print { body { margin: 0; max-width: none; font-size: 14pt; } tr { break-inside: avoid; }
               thead { display: table-header-group; } }
"""
HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{HASH}'; base-uri 'none'; form-action 'none'",
    "Content-Language": "zh-CN",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
SHEET = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>公　示</h1>
{body}
<p>公示期间，任何人如有异议，请以书面或口头方式向村民委员会或{town}人民政府反映。</p>
<footer>{town}{village}村民委员会<br>{posted}</footer>
</body>
</html>
"""
SECTION = """<h2>{heading}</h2>
<p>{said}</p>
<table>
<thead><tr><th scope="col">序号</th><th scope="col">户编号</th><th scope="col">户主姓名</th>
<th scope="col">家庭人口</th><th scope="col">评议结果</th><th scope="col">公示期</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>"""
WORDS = {
    ProcedureKind.IDENTIFICATION: (
        "拟识别贫困户名单",
        "经农户申请、村民代表会议民主评议，下列农户拟识别为建档立卡贫困户。",
    ),
    ProcedureKind.EXIT: ("拟退出贫困户名单", "经村民代表会议民主评议、入户核实并由农户签字确认，下列贫困户拟退出。"),
}
REVIEWED = "经镇人民政府审核，现进行第二次公示。"

HTML: dict[int | str, dict[str, Any]] = {200: {"description": "A page to print.", "content": {"text/html": {}}}}


@router.get(
    "/v1/procedures/{procedure_id}/notice-sheet",
    response_class=HTMLResponse,
    dependencies=[needs("registry:read")],
    responses=HTML | problems(NotFound, NoNotice),
)
async def get_notice_sheet(procedure_id: UUID, db: Db) -> HTMLResponse:
    """The notice of one procedure, to be printed and put up."""
    procedure = await db.get(models.Procedure, procedure_id)
    if procedure is None:
        raise NotFound
    row = await notices.of_procedure(db, procedure_id)
    if row is None:
        raise NoNotice
    return _sheet(await notices.place(db, row.division_code), [row], row.posted_on)


@router.get(
    "/v1/divisions/{code}/notice-sheet",
    response_class=HTMLResponse,
    dependencies=[needs("registry:read")],
    responses=HTML | problems(NotFound),
)
async def get_village_notice_sheet(code: str, db: Db, on: On) -> HTMLResponse:
    """Every household of a village that is in notice on a day, on one sheet."""
    place = await notices.place(db, code)
    return _sheet(place, await notices.in_village(db, code, on), on)


def _sheet(place: Row[Any], rows: Sequence[Row[Any]], posted: date) -> HTMLResponse:
    sections = []
    for kind, (heading, said) in WORDS.items():
        noticed = [row for row in rows if row.kind == kind]
        if noticed:
            second = any(row.step == StepKind.SECOND_NOTICE for row in noticed)
            lines = "\n".join(_line(at, row) for at, row in enumerate(noticed, 1))
            sections.append(SECTION.format(heading=heading, said=said + (REVIEWED if second else ""), rows=lines))
    village, town = escape(place.name), escape(place.town or "")
    page = SHEET.format(
        title=f"{village}公示",
        style=STYLE,
        body="\n".join(sections) or "<p>本日没有公示中的农户。</p>",
        town=town,
        village=village,
        posted=_day(posted),
    )
    return HTMLResponse(page, headers=HEADERS)


def _line(at: int, row: Row[Any]) -> str:
    voted = f"应到{row.voters}人，实到{row.attended}人，同意{row.votes_for}票" if row.voters is not None else ""
    cells = (
        str(at), row.household_no, mask_name(row.head or ""), f"{row.persons}人", voted,
        f"{_day(row.posted_on)}至{_day(row.until_on)}",
    )  # fmt: skip
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
