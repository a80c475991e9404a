"""Files that are none, or that would burst: a named problem, never a dead server."""

import io
import zipfile

import openpyxl
import pytest
import xlsxwriter

from tests.conftest import Api
from tests.registry.files import HOUSEHOLDS, csv_file, imported, person, send, xlsx_file
from tests.registry.world import TOWN, VILLAGE, divisions, made

NEXT, LAST = "230882101203", "230882101204"  # villages that come of mergers


def _far_cells() -> bytes:
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "a")
    sheet.write(1048575, 16383, "b")
    book.close()
    return data.getvalue()


def _with_part(name: str, content: bytes) -> bytes:
    data = io.BytesIO(xlsx_file(HOUSEHOLDS, [person(1, 1)]))
    with zipfile.ZipFile(data, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (_far_cells(), "sheet-too-wide"),
        (_with_part("xl/media/zeros.bin", bytes(64 << 20)), "file-burst"),
        (_with_part("xl/worksheets/sheet9.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), "file-unreadable"),
        (b"PK\x03\x04 and then nothing", "file-unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "old-workbook"),
        (b"", "file-empty"),
        (b"\xff\xfe\xfd\xfc" * 100 + b"\xff", "file-unreadable"),
    ],
    ids=["far-apart-cells", "zip-bomb", "entities", "cut-off", "old-binary", "empty", "no-text"],
)
async def test_a_file_that_cannot_be_read_safely_is_refused_at_the_door(registry: Api, file: bytes, code: str) -> None:
    answer = await registry.post("/v1/imports", files={"file": ("x.xlsx", file)}, data={"kind": "HOUSEHOLDS"})
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert await registry.sql("SELECT 1 FROM upload") == []


async def test_headings_that_do_not_fit_are_listed(registry: Api) -> None:
    headings = [*(h for h in HOUSEHOLDS if h != "姓名"), "微信号", "性别"]
    file = csv_file(headings, [["x"] * len(headings)])
    ended = await send(registry, "/v1/imports", file, kind="HOUSEHOLDS")
    problem = ended["problem"]
    assert (ended["state"], problem["code"]) == ("FAILED", "headings-unknown")
    assert (problem["unknown"], problem["missing"], problem["duplicate"]) == (["微信号"], ["姓名"], ["性别"])


async def test_a_file_of_headings_alone_is_empty(registry: Api) -> None:
    ended = await send(registry, "/v1/imports", csv_file(HOUSEHOLDS, []), kind="HOUSEHOLDS")
    assert ended["problem"]["code"] == "file-empty"


async def test_two_files_at_once_and_unknown_fields_are_refused(registry: Api) -> None:
    file = csv_file(HOUSEHOLDS, [person(1, 1)])
    two = [("file", ("a.csv", file)), ("file", ("b.csv", file))]
    answer = await registry.post("/v1/imports", files=two, data={"kind": "HOUSEHOLDS"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "one-file")
    answer = await registry.post(
        "/v1/imports", files={"file": ("a.csv", file)}, data={"kind": "HOUSEHOLDS", "modus": "valid_rows"}
    )
    assert answer.status_code == 422
    answer = await registry.post("/v1/imports", files={"file": ("a.csv", file)}, data={"kind": "HORSES"})
    assert answer.status_code == 422


async def test_a_file_older_than_a_merger_is_told_cell_by_cell_what_its_village_became(registry: Api) -> None:
    await divisions(registry)
    await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, [person(1, 1), person(2, 2)]))
    for code, day in ((NEXT, "2018-01-01"), (LAST, "2018-02-01")):
        body = {"code": code, "name": f"兴盛{code[-1]}村", "level": "VILLAGE", "parent_code": TOWN, "valid_from": day}
        await made(registry.post("/v1/divisions", json=body))
    for old, new, day in ((VILLAGE, NEXT, "2018-01-01"), (NEXT, LAST, "2018-02-01")):
        await made(
            registry.post(
                "/v1/divisions:merge", json={"from_codes": [old], "into_code": new, "on": day, "reason": "撤并"}
            )
        )
    # As it was before, changed, new; and one that already knows.
    rows = [person(1, 1), person(2, 2, 住房等级="D"), person(3, 3), person(4, 4, village=LAST)]
    done = await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, rows), mode="valid_rows")
    assert (done["state"], done["added"], done["changed"], done["unchanged"]) == ("DONE", 1, 0, 1)
    errors = (await registry.get(f"/v1/imports/{done['id']}/errors")).json()["items"]
    assert [(e["row"], e["column"], e["code"]) for e in errors] == [
        (3, "division_code", "DIVISION_ENDED"),
        (4, "division_code", "DIVISION_ENDED"),
    ]
    assert all(e["zh"].endswith(f"{LAST} 兴盛4村") and e["en"].endswith(f"{LAST} 兴盛4村") for e in errors)
    workbook = await registry.get(f"/v1/imports/{done['id']}/errors.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(workbook.content)).active
    assert LAST in sheet.cell(4, len(HOUSEHOLDS) + 1).value


async def test_reading_a_file_needs_the_right_to_write(registry: Api) -> None:
    file = csv_file(HOUSEHOLDS, [person(1, 1)])
    auditor = registry.as_("auditor")
    answer = await auditor.post("/v1/imports", files={"file": ("a.csv", file)}, data={"kind": "HOUSEHOLDS"})
    assert answer.status_code == 403
