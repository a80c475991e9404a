"""The library as published: OC4IDS and OCDS packages that hold to their schemas."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, FormatChecker
from referencing import Registry, Resource

from services.projects import standards
from tests.projects.conftest import TOWN, VILLAGE, Declare
from tests.projects.test_contracts import Books, books
from tests.projects.test_tenders import Procured, made, procured
from tests.projects.test_works import plan, reach

__all__ = ["books", "procured"]

FEN = 100_000_000


def validator(*names: str) -> Draft4Validator:
    """Of the first schema; the others are what it refers to."""
    found = [json.loads(Path(standards.__path__[0], name).read_text()) for name in names]
    known: Registry[Any] = Registry().with_resources((schema["id"], Resource.from_contents(schema)) for schema in found)
    return Draft4Validator(found[0], registry=known, format_checker=FormatChecker())


OC4IDS = ("oc4ids/project-package-schema.json", "oc4ids/project-schema.json")
OCDS = ("ocds/release-schema.json",)


@pytest.fixture
async def whole(
    places: None,  # noqa: ARG001  # they lie there
    procured: Procured,
    books: Books,
) -> Procured:
    """A project with everything that a project may have."""
    projects, project = procured.projects, procured.project
    body = {"purpose": "TAP_WATER", "division_codes": [VILLAGE]}
    await made(projects.post(f"/v1/projects/{project['id']}/villages", json=body))
    await reach(projects, await plan(projects, project, "TENDER_POSTED", "2018-04-16"), "2018-04-16")
    await plan(projects, project, "RUNNING", "2018-10-31")
    await procured.bid(0, 1, 210 * FEN // 100)
    contract = await made(procured.sign(await procured.won(0, 2 * FEN)))
    change = {
        "amount_fen": 2 * FEN + 1, "ends_on": "2018-11-30", "amended_on": "2018-06-20", "reason": "增加消毒设备",
        "document_ref": "变更协议1",
    }  # fmt: skip
    await made(projects.post(f"/v1/contracts/{contract['id']}/amendments", json=change))
    await books.grant(project)
    paid = await books.spend(FEN + 1, "2018-05-20")
    await made(projects.post(f"/v1/contracts/{contract['id']}/payments", json={"entry_ids": [paid]}))
    return procured


async def test_projects_are_an_oc4ids_package(whole: Procured, declare: Declare) -> None:
    projects = whole.projects
    bare = await declare(budget=[], targets=[], category="PLANTING")
    package = (await projects.get("/v1/oc4ids/projects")).json()
    assert [error.message for error in validator(*OC4IDS).iter_errors(package)] == []
    assert validator(*OC4IDS).is_valid(package | {"projects": [{"title": "无编号"}]}) is False

    first, second = package["projects"]
    assert (first["status"], first["sector"], first["type"]) == ("preparation", ["waterAndWaste"], "construction")
    assert first["budget"]["amount"] == {"amount": 5_000_000, "currency": "CNY"}
    assert [place["id"] for place in first["locations"]] == [whole.project["division_code"], VILLAGE]
    assert [(m["title"], m["status"]) for m in first["milestones"]] == [("挂标", "met"), ("通水运行", "scheduled")]
    assert first["milestones"][0]["dateMet"] == "2018-04-16T00:00:00+08:00"
    (process,) = first["contractingProcesses"]
    summary = process["summary"]
    assert (summary["status"], summary["tender"]["numberOfTenderers"]) == ("active", 2)
    assert [change["newContractValue"]["amount"] for change in summary["modifications"]] == [2_000_000.01]
    assert [paid["value"]["amount"] for paid in summary["transactions"]] == [1_000_000.01]
    assert second["id"] == f"oc4ids-000000-230882-{bare['project_no']}"
    assert not {"budget", "forecasts", "milestones", "contractingProcesses"} & second.keys()
    assert "示范负责人" not in json.dumps(package, ensure_ascii=False)

    town = (await projects.as_("town-clerk", TOWN).get("/v1/oc4ids/projects")).json()["projects"]
    assert [project["id"] for project in town] == [second["id"]]
    chosen = (await projects.get("/v1/oc4ids/projects?category=WATER")).json()["projects"]
    assert [project["id"] for project in chosen] == [first["id"]]


async def test_tenders_are_ocds_releases(whole: Procured) -> None:
    package = (await whole.projects.get("/v1/ocds/releases")).json()
    (release,) = package["releases"]
    assert [error.message for error in validator(*OCDS).iter_errors(release)] == []
    assert validator(*OCDS).is_valid(release | {"tag": ["bidding"]}) is False
    assert (package["version"], release["ocid"]) == ("1.1", "ocds-000000-230882-2018-YS-01")
    assert release["tag"] == ["planning", "tender", "award", "contract", "implementation"]
    tender, (contract,) = release["tender"], release["contracts"]
    assert tender["tenderPeriod"] == {
        "startDate": "2018-04-16T00:00:00+08:00",
        "endDate": "2018-05-10T00:00:00+08:00",
    }
    assert (tender["status"], tender["numberOfTenderers"], len(release["bids"]["details"])) == ("active", 2, 2)
    assert (contract["value"]["amount"], contract["period"]["endDate"][:10]) == (2_000_000.01, "2018-11-30")
    assert contract["awardID"] == release["awards"][0]["id"]
    (paid,) = contract["implementation"]["transactions"]
    assert paid["payee"]["id"] == release["awards"][0]["suppliers"][0]["id"]
    other = (await whole.projects.get("/v1/ocds/releases?division=230882101")).json()
    assert other["releases"] == []
