"""A code list is its codes to the machine and its words to the reader."""

import json

import pytest
import sqlalchemy as sa
from pydantic import BaseModel, ValidationError
from sqlmodel import Field, Session, SQLModel, select

from fupin.codelists import CodeList


class PovertyCause(CodeList):
    """致贫原因 / Cause of poverty"""

    ILLNESS = "01", "因病", "Illness"
    SCHOOLING = "03", "因学", "Schooling"


class Answered(BaseModel):
    cause: PovertyCause
    second: PovertyCause | None = None


class Kept(SQLModel, table=True):
    id: int = Field(primary_key=True)
    cause: PovertyCause = Field(sa_type=PovertyCause.stored())  # type: ignore[call-overload]  # an instance is fine


def test_a_member_is_its_code_with_two_labels() -> None:
    assert PovertyCause.ILLNESS == "01"
    assert PovertyCause("03") is PovertyCause.SCHOOLING
    assert (PovertyCause.ILLNESS.zh, PovertyCause.ILLNESS.en) == ("因病", "Illness")
    assert json.dumps({"cause": PovertyCause.ILLNESS}) == '{"cause": "01"}'


def test_a_list_has_a_name_a_title_and_its_entries_in_order() -> None:
    assert PovertyCause.list_name() == "poverty-cause"
    assert PovertyCause.list_title() == ("致贫原因", "Cause of poverty")
    assert [tuple(entry) for entry in PovertyCause.entries()] == [
        ("01", "因病", "Illness"),
        ("03", "因学", "Schooling"),
    ]


def test_json_carries_codes_and_refuses_others() -> None:
    assert Answered(cause="01").model_dump_json() == '{"cause":"01","second":null}'  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        Answered.model_validate({"cause": "因病"})


def test_openapi_shows_the_labels_beside_the_codes() -> None:
    schema = Answered.model_json_schema()["$defs"]["PovertyCause"]
    assert schema["enum"] == ["01", "03"]
    assert schema["x-enum-labels"]["03"] == {"zh": "因学", "en": "Schooling"}
    assert "因病" in schema["description"]


def test_a_column_holds_the_code_and_gives_the_member_back() -> None:
    engine = sa.create_engine("sqlite://")
    SQLModel.metadata.create_all(engine, tables=[Kept.__table__])  # type: ignore[attr-defined]
    with Session(engine) as db:
        db.add(Kept(id=1, cause=PovertyCause.SCHOOLING))
        db.commit()
        assert db.execute(sa.text("SELECT cause FROM kept")).scalar() == "03"
        assert db.exec(select(Kept.cause)).one() is PovertyCause.SCHOOLING
    engine.dispose()
