"""Every list as a file, and the library sheet."""

import csv
import io
import json
from typing import get_args

from openpyxl import load_workbook

from fupin.exports import Sheet
from fupin.paging import Page
from services.projects.routes import ROUTERS
from services.projects.rules.headings import HEADINGS
from tests.conftest import Api
from tests.projects.conftest import TOWN, Declare, refusal
from tests.slow_readers import slow_readers

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def test_a_file_says_what_the_list_says(projects: Api, declare: Declare) -> None:
    both = [{"source": "CENTRAL", "amount_fen": 50_000_000}, {"source": "CITY", "amount_fen": 1}]
    kept = await declare("ADMITTED", title="=1+1", budget=both)
    await declare()
    at = "/v1/projects/export?state=ADMITTED"
    answer = await projects.get(at)
    headings, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert len(rows) == 2  # a row for each source of the budget
    first = dict(zip(headings, rows[0], strict=True))
    assert (first["项目编号"], first["名称"], first["状态"]) == (kept["project_no"], "'=1+1", "入库")
    assert [dict(zip(headings, row, strict=True))["金额（元）"] for row in rows] == ["500000.00", "0.01"]

    lines = (await projects.get(f"{at}&format=ndjson")).text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [kept["id"]]
    town = await projects.as_("town-clerk", "230882102000").get("/v1/projects/export?format=ndjson")
    assert town.text == ""
    assert refusal(await projects.get("/v1/projects/export?state=NOWHERE")) == (422, "invalid")


def test_every_field_of_every_list_has_its_heading() -> None:
    models = {getattr(route, "response_model", None) for router in ROUTERS for route in router.routes}
    for model in models:
        if isinstance(model, type) and issubclass(model, Page):
            (item,) = get_args(model.model_fields["items"].annotation)
            assert {column.name for column in Sheet(item, {}).columns} - HEADINGS.keys() == set(), model


async def test_the_library_sheet_is_the_one_counties_keep(projects: Api, declare: Declare) -> None:
    targets = [{"metric": "带动贫困户", "target": "30.5", "unit": "户"}]
    await declare("ARGUED", targets=targets, category="PV", linkage=["DIVIDEND", "EMPLOYMENT"])
    await declare(division_code=TOWN)
    answer = await projects.get("/v1/library.xlsx?state=ARGUED")
    assert (answer.status_code, answer.headers["content-type"]) == (200, SHEET)
    headings, *rows = load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
    (row,) = [dict(zip(headings, found, strict=True)) for found in rows]
    assert (row["项目类别"], row["建设性质"], row["利益联结方式"]) == ("光伏发电", "新建", "收益分红、就业务工")
    assert (row["中央财政专项扶贫资金(元)"], row["资金合计(元)"], row["入库状态"]) == (500_000, 500_000, "县级论证")
    assert (row["绩效指标1"], row["绩效目标值1"], row["绩效单位1"]) == ("带动贫困户", 30.5, "户")
    early = await projects.get("/v1/library.xlsx?as_of=2018-03-05&state=TOWN_REVIEWED")
    assert len(list(load_workbook(io.BytesIO(early.content)).active.iter_rows())) == 2


async def test_slow_readers_take_no_turn_of_ordinary_requests(projects: Api, declare: Declare) -> None:
    await declare()
    most = (projects.settings.pool_size - 1) // 2
    paths = ("/v1/projects/export", "/v1/oc4ids/projects", "/v1/ocds/releases", "/v1/library.xlsx")
    async with slow_readers(projects, [paths[n % 3] for n in range(most)]):
        for path in paths:
            refused = await projects.get(path)
            assert refusal(refused) == (503, "too-many-exports")
            assert refused.headers["retry-after"] == "30"
        assert (await projects.get("/v1/projects")).status_code == 200
    for path in paths * most:
        assert (await projects.get(path)).status_code == 200
