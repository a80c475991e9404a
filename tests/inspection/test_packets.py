"""A packet leaves as a form that pyxform takes, without persons; what comes back is matched and never overwrites."""

import csv
import io
from typing import Any

import xlsxwriter
from openpyxl import load_workbook
from pyxform.xls2xform import convert

from tests.conftest import Api
from tests.inspection.conftest import Drawn, Json, all_of, ok
from tests.inspection.visiting import DAY, fail, planned, record, said


def row(drawing: Json, checklist: str, visit: Json, **other: Any) -> dict[str, Any]:
    """A visit as Kobo exports it: groups before names, choices by their codes, columns of its own."""
    found = {
        "start": "2018-05-16T09:00:00.000+08:00", "draw_id": drawing["id"], "checklist_id": checklist,
        "village": visit["village_code"], "household": visit["household_no"], "visited_on": DAY, "outcome": "DONE",
    }  # fmt: skip
    for name, value in said(**other).items():
        cell = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
        found[f"section_1/{name}"] = " ".join(cell) if isinstance(cell, list) else cell
    return found | {"section_5/measures/HEALTH": "1", "_uuid": "4f1c", "_submission_time": "2018-05-16T10:00:00"}


def as_csv(rows: list[dict[str, Any]]) -> dict[str, Any]:
    into = io.StringIO()
    writer = csv.DictWriter(into, list(dict.fromkeys(name for one in rows for name in one)))
    writer.writeheader()
    writer.writerows(rows)
    return {"file": ("kobo.csv", into.getvalue().encode("utf-8-sig"), "text/csv")}


def as_xlsx(rows: list[dict[str, Any]]) -> dict[str, Any]:
    into = io.BytesIO()
    with xlsxwriter.Workbook(into) as book:
        sheet = book.add_worksheet()
        names = list(dict.fromkeys(name for one in rows for name in one))
        sheet.write_row(0, 0, names)
        for at, one in enumerate(rows, 1):
            sheet.write_row(at, 0, [one.get(name, "") for name in names])
    return {"file": ("odk.xlsx", into.getvalue(), "application/octet-stream")}


async def send(inspection: Api, drawing: Json, checklist: str, files: dict[str, Any]) -> Json:
    path = f"/v1/draws/{drawing['id']}/packet-returns"
    return await ok(inspection.post(path, files=files, data={"checklist_id": checklist}))


def counts(back: Json) -> tuple[int, ...]:
    return tuple(back[name] for name in ("rows", "recorded", "unchanged", "conflicts", "refused"))


async def test_the_packet_is_a_form_that_pyxform_takes(inspection: Api, drawn: Drawn) -> None:
    drawing, visits, checklist = await planned(inspection, drawn)
    await fail(inspection, visits[0])
    path = f"/v1/draws/{drawing['id']}/packet.xlsx?checklist_id={checklist}"

    packet = await inspection.get(path)
    form = convert(packet.content, validate=False)
    one = await inspection.get(f"{path}&village={visits[0]['village_code']}")

    assert packet.status_code == 200
    assert form.warnings == []
    for part in ("<value>是</value>", "<value>Is the drinking water safe?</value>", 'version="1"', "selected("):
        assert part in form.xform
    sheet = load_workbook(io.BytesIO(packet.content), read_only=True)["choices"]
    choices = [cells for cells in sheet.iter_rows(values_only=True) if cells[0] == "household"]
    assert {cells[1] for cells in choices} == {visit["household_no"] for visit in visits[1:]}
    assert {cells[4] for cells in choices} == {visit["village_code"] for visit in visits}
    fewer = load_workbook(io.BytesIO(one.content), read_only=True)["choices"]
    assert sum(cells[0] == "household" for cells in fewer.iter_rows(values_only=True)) == 9
    assert (await inspection.as_("inspector", "230882101").get(path)).status_code == 404


async def test_what_comes_back_is_matched_and_the_same_again_changes_nothing(inspection: Api, drawn: Drawn) -> None:
    drawing, visits, checklist = await planned(inspection, drawn)
    failed = {
        "draw_id": drawing["id"], "checklist_id": checklist, "household": visits[2]["household_no"],
        "visited_on": DAY, "outcome": "FAILED", "failure": "REFUSED",
    }  # fmt: skip
    rows = [row(drawing, checklist, visits[0]), row(drawing, checklist, visits[1], water_safe=False), failed]

    first = await send(inspection, drawing, checklist, as_csv(rows))
    again = await send(inspection, drawing, checklist, as_xlsx(rows))
    as_json = {"checklist_id": checklist, "submissions": [*rows, {"section_1": rows[0]}]}
    spoken = await ok(inspection.post(f"/v1/draws/{drawing['id']}/submissions", json=as_json))

    assert (counts(first), first["errors"]) == ((3, 3, 0, 0, 0), [])
    assert (counts(again), counts(spoken)) == ((3, 0, 3, 0, 0), (4, 0, 4, 0, 0))
    assert first["ignored"] == ["start", "section_5/measures/HEALTH", "_uuid", "_submission_time"]
    states = {v["household_no"]: v["state"] for v in await all_of(inspection, "/v1/visits")}
    assert [states[v["household_no"]] for v in visits[:4]] == ["DONE", "DONE", "FAILED", "PLANNED"]
    given = await all_of(inspection, f"/v1/visits/{visits[1]['id']}/answers?history=true")
    assert {a["question"]: a["value"] for a in given} == said(
        water_safe=False, income_per_head=4120.5, measures=["WORK", "HEALTH"]
    )
    assert len(await all_of(inspection, f"/v1/draws/{drawing['id']}/packet-returns")) == 3


async def test_another_answer_waits_for_a_person_to_decide(inspection: Api, drawn: Drawn) -> None:
    drawing, visits, checklist = await planned(inspection, drawn)
    for visit in visits[:2]:
        await record(inspection, visit, checklist)
    differing = [row(drawing, checklist, visit, water_safe=False) for visit in visits[:2]]

    back = await send(inspection, drawing, checklist, as_csv(differing))
    again = await send(inspection, drawing, checklist, as_csv(differing))
    kept, taken = await all_of(inspection, f"/v1/answer-conflicts?packet_return_id={back['id']}&state=OPEN")
    path = f"/v1/visits/{taken['visit_id']}/answers"
    before = await all_of(inspection, path)
    reason = {"reason": "与核查组核实"}
    await ok(inspection.post(f"/v1/answer-conflicts/{kept['id']}:decide", json={"take": False} | reason), 200)
    decided = await ok(inspection.post(f"/v1/answer-conflicts/{taken['id']}:decide", json={"take": True} | reason), 200)
    twice = await inspection.post(f"/v1/answer-conflicts/{taken['id']}:decide", json={"take": False} | reason)
    after = await send(inspection, drawing, checklist, as_csv(differing))

    assert (counts(back), counts(again), counts(after)) == ((2, 0, 0, 2, 0), (2, 0, 2, 0, 0), (2, 0, 2, 0, 0))
    assert (kept["question"], kept["on_record"], kept["submitted"]) == ("water_safe", True, False)
    assert {a["question"]: a["value"] for a in before}["water_safe"] is True
    assert (decided["state"], decided["reason"]) == ("TAKEN", "与核查组核实")
    assert (twice.status_code, twice.json()["code"]) == (409, "conflict-decided")
    values = [
        {a["question"]: a["value"] for a in await all_of(inspection, f"/v1/visits/{one['visit_id']}/answers")}
        for one in (kept, taken)
    ]
    assert [of["water_safe"] for of in values] == [True, False]


async def test_every_bad_cell_is_named_and_the_good_rows_are_taken(inspection: Api, drawn: Drawn) -> None:
    drawing, visits, checklist = await planned(inspection, drawn)
    (reserve, *_) = await all_of(inspection, f"/v1/draws/{drawing['id']}/households?role=RESERVE")
    good = row(drawing, checklist, visits[0])
    bad: list[tuple[dict[str, Any], dict[str, str]]] = [
        ({"section_1/water_minutes": "five", "section_1/house_grade": "E"},
         {"section_1/water_minutes": "not-a-whole-number", "section_1/house_grade": "not-a-choice"}),
        ({"section_1/satisfied": ""}, {"section_1/satisfied": "missing"}),
        ({"visited_on": "x"}, {"visited_on": "not-a-date"}),
        ({"household": "nobody-1"}, {"household": "not-drawn"}),
        ({"household": reserve["household_no"]}, {"household": "no-visit"}),
        ({"checklist_id": drawing["id"]}, {"checklist_id": "other-version"}),
        ({"ticket": "0" * 64}, {"ticket": "other-ticket"}),
        ({"visited_on": "2199-01-01"}, {"visited_on": "day-ahead"}),
        ({"section_1/doctor": "#N/A"}, {"section_1/doctor": "formula-failed"}),
        ({"outcome": "FAILED", "failure": "RAIN"}, {"failure": "not-a-reason"}),
    ]  # fmt: skip
    rows = [good, *(row(drawing, checklist, visits[at]) | part for at, (part, _) in enumerate(bad, 1))]

    back = await send(inspection, drawing, checklist, as_csv(rows))

    assert counts(back) == (11, 1, 0, 0, 10)
    found: dict[int, dict[str, str]] = {}
    for error in back["errors"]:
        found.setdefault(error["row"], {})[error["column"]] = error["code"]
        assert error["zh"]
        assert error["en"]
    assert found == {at: expected for at, (_, expected) in enumerate(bad, 3)}
    assert "five" not in str(back)
    nothing = {"file": ("x.csv", b"a,b\r\n1,2\r\n", "text/csv")}
    path = f"/v1/draws/{drawing['id']}/packet-returns"
    refused = await inspection.post(path, files=nothing, data={"checklist_id": checklist})
    assert (refused.status_code, refused.json()["code"]) == (422, "no-household-column")
    broken = {"file": ("x.xlsx", b"PK\x03\x04 nothing", "application/octet-stream")}
    refused = await inspection.post(path, files=broken, data={"checklist_id": checklist})
    assert (refused.status_code, refused.json()["code"]) == (422, "file-unreadable")
