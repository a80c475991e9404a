"""Checklists are asked as they were written; answers are of their questions' types and are never overwritten."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.inspection.codes import QuestionKind
from services.inspection.rules import checklists as rules
from tests.conftest import Api
from tests.inspection.conftest import Drawn, Json, all_of, ok
from tests.inspection.visiting import DAY, planned, record, said

AB = ({"code": "A", "zh": "甲", "en": "First"}, {"code": "B", "zh": "乙", "en": "Second"})
WRITTEN = st.text("AB甲 -.1", max_size=4)
WATER = {
    "name": "water", "section_zh": "水", "section_en": "Water", "kind": "YES_NO", "zh": "有水？", "en": "Water?"
}  # fmt: skip


def faults(problem: Json) -> dict[str, str]:
    return {error["pointer"].removeprefix("/answers/"): error["code"] for error in problem["errors"]}


async def test_an_answer_of_the_wrong_type_is_named_with_its_question(inspection: Api, drawn: Drawn) -> None:
    _, visits, checklist = await planned(inspection, drawn)
    wrong: dict[str, tuple[Any, str]] = {
        "water_safe": ("yes", "not-yes-or-no"), "house_grade": ("E", "not-a-choice"), "pupils": (21, "too-large"),
        "measures": ("HEALTH", "not-choices"), "water_minutes": (2.5, "not-a-whole-number"),
        "income_per_head": ("-1", "too-small"), "exited_on": ("2018-02-30", "not-a-date"), "wishes": (" ", "not-text"),
        "colour": (1, "no-such-question"), "should_be": (True, "not-asked"), "food_enough": (None, "missing"),
    }  # fmt: skip
    answers = said(**{name: value for name, (value, _) in wrong.items()})
    body = {"checklist_id": checklist, "visited_on": DAY, "answers": answers}

    refused = await inspection.post(f"/v1/visits/{visits[0]['id']}/answers", json=body)

    assert (refused.status_code, refused.json()["code"]) == (422, "answers-refused")
    assert faults(refused.json()) == {name: code for name, (_, code) in wrong.items()}
    assert "HEALTH" not in refused.text
    assert (await ok(inspection.get(f"/v1/visits/{visits[0]['id']}"), 200))["state"] == "PLANNED"
    await record(inspection, visits[0], checklist)
    with pytest.raises(psycopg.errors.CheckViolation, match="ck_answer_value"):
        await inspection.sql("""
            INSERT INTO answer (visit_id, division_code, county_code, question_id, kind, value, actor)
            SELECT v.id, v.division_code, v.county_code, q.id, q.kind, '"much"', 'x'
            FROM visit v, question q WHERE v.state = 'DONE' AND q.name = 'dropouts'""")


async def test_answers_are_corrected_in_the_open_and_never_overwritten(inspection: Api, drawn: Drawn) -> None:
    _, visits, checklist = await planned(inspection, drawn)
    path = f"/v1/visits/{visits[0]['id']}/answers"
    first = await record(inspection, visits[0], checklist)

    again = await record(inspection, visits[0], checklist)
    body = {"checklist_id": checklist, "visited_on": DAY, "answers": said(water_safe=False)}
    other = await inspection.post(path, json=body)
    change = {"checklist_id": checklist, "answers": {"registered": False}, "reason": "录入有误"}
    half = await inspection.post(f"{path}:correct", json=change)
    change["answers"] = {"registered": False, "should_be": False} | dict.fromkeys(
        ("assessed", "cause", "exited", "exit_agreed")
    )
    corrected = await ok(inspection.post(f"{path}:correct", json=change))

    assert again["items"] == first["items"]
    assert {a["question"]: a["value"] for a in first["items"]} == said(
        income_per_head=4120.5, measures=["WORK", "HEALTH"]
    )
    assert (other.status_code, other.json()["code"]) == (409, "answered-differently")
    assert other.json()["questions"] == ["water_safe"]
    assert faults(half.json()) == {
        "assessed": "not-asked", "cause": "not-asked", "exited": "not-asked", "exit_agreed": "not-asked",
        "should_be": "missing",
    }  # fmt: skip
    now = {a["question"]: a["value"] for a in corrected["items"]}
    assert (now["registered"], now["should_be"], now["cause"]) == (False, False, None)
    history = [a for a in await all_of(inspection, f"{path}?history=true") if a["question"] == "registered"]
    assert [(a["value"], a["reason"]) for a in history] == [(True, None), (False, "录入有误")]
    assert (history[1]["corrects"], history[1]["actor"]) == (history[0]["id"], history[0]["actor"])
    for statement in ("UPDATE answer SET value = 'true'", "DELETE FROM answer", "UPDATE question SET zh = ''"):
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation)):
            await inspection.sql(statement)
    untouched = await inspection.post(f"/v1/visits/{visits[1]['id']}/answers:correct", json=change)
    assert (untouched.status_code, untouched.json()["code"]) == (409, "nothing-to-correct")


async def test_a_version_in_use_gets_no_further_question(inspection: Api, drawn: Drawn) -> None:
    _, visits, checklist = await planned(inspection, drawn)
    (old,) = await all_of(inspection, "/v1/checklists")
    new = {"name": "household", "number": 2, "zh": "入户核查表", "en": "Household checklist", "questions": [WATER]}

    made = await ok(inspection.post("/v1/checklists", json=new))
    twice = await inspection.post("/v1/checklists", json=new)
    skipped = await inspection.post("/v1/checklists", json=new | {"number": 4})
    await record(inspection, visits[0], checklist)

    assert (old["number"], made["number"]) == (1, 2)
    assert [q["name"] for q in await all_of(inspection, f"/v1/checklists/{made['id']}/questions")] == ["water"]
    assert (twice.status_code, twice.json()["code"]) == (409, "checklist-version-taken")
    assert skipped.status_code == 422
    add = """
        INSERT INTO question (checklist_id, position, name, section_zh, section_en, kind, zh, en, required, choices,
                              relevant_values)
        VALUES (%s, 99, 'late', 'x', 'x', 'TEXT', 'x', 'x', false, '[]', '{}')"""
    await inspection.sql(add, made["id"])
    with pytest.raises(psycopg.errors.CheckViolation, match="in use"):
        await inspection.sql(add, checklist)
    assert (await inspection.as_("auditor").post("/v1/checklists", json=new)).status_code == 403


async def test_a_question_that_makes_no_sense_is_refused(inspection: Api) -> None:
    checklist = {"name": "x", "number": 1, "zh": "表", "en": "List"}
    wrong: list[Json] = [
        {"kind": "ONE_OF"}, {"choices": list(AB)}, {"minimum": 1}, {"kind": "DECIMAL"}, {"unit": "元"},
        {"kind": "INTEGER", "minimum": 2, "maximum": 1}, {"relevant_values": ["true"]}, {"name": "household"},
        {"relevant_to": "later", "relevant_values": ["true"]}, {"name": "first"},
        {"relevant_to": "first", "relevant_values": ["A"]}, {"kind": "ONE_OF", "choices": [AB[0], AB[0]]},
    ]  # fmt: skip

    for part in wrong:
        questions = [WATER | {"name": "first"}, WATER | part]
        refused = await inspection.post("/v1/checklists", json=checklist | {"questions": questions})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid"), part
    assert await all_of(inspection, "/v1/checklists?name=x") == []


@settings(max_examples=50)
@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WRITTEN, st.lists(WRITTEN, max_size=3)))
def test_every_value_is_taken_as_its_type_or_refused_by_name(value: Any) -> None:
    for kind in QuestionKind:
        question = rules.Question("q", kind, choices=AB if kind in rules.CHOICES else ())
        found: Any = None
        with suppress(rules.Wrong):
            found = rules.check(question, value)
        types = {QuestionKind.YES_NO: bool, QuestionKind.SEVERAL_OF: list, QuestionKind.INTEGER: int}
        assert found is None or type(found) is types.get(kind, Decimal if kind is QuestionKind.DECIMAL else str)
        assert found is None or rules.read(question, _cell(found)) == found


def _cell(value: Any) -> Any:
    """How a form's table writes it."""
    return " ".join(value) if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        (QuestionKind.YES_NO, "是", True), (QuestionKind.YES_NO, "no", False), (QuestionKind.INTEGER, 3.0, 3),
        (QuestionKind.ONE_OF, "乙", "B"), (QuestionKind.SEVERAL_OF, "B A", ["A", "B"]),
        (QuestionKind.SEVERAL_OF, "甲、Second", ["A", "B"]), (QuestionKind.DECIMAL, "12.50", Decimal("12.5")),
        (QuestionKind.DATE, "2018/05/16", "2018-05-16"), (QuestionKind.DATE, "2018-05-16T08:00:00+08:00", "2018-05-16"),
    ],
)  # fmt: skip
def test_cells_are_read_as_people_write_them(kind: QuestionKind, cell: Any, value: Any) -> None:
    question = rules.Question("q", kind, choices=AB if kind in rules.CHOICES else ())

    assert rules.read(question, cell) == value
