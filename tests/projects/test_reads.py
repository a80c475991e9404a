"""Lists of the library as PostgreSQL writes them."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from services.projects.schemas.adjustments import AdjustmentPage
from services.projects.schemas.contracts import ContractPage
from services.projects.schemas.duplicates import DuplicatePage
from services.projects.schemas.enterprises import EnterprisePage
from services.projects.schemas.incomes import IncomeReportPage
from services.projects.schemas.library import DocumentPage, ObjectionPage, StepPage
from services.projects.schemas.linkage import BeneficiaryPage
from services.projects.schemas.linkage_checks import LinkageRunPage
from services.projects.schemas.plans import PlanPage
from services.projects.schemas.projects import Project, ProjectPage
from services.projects.schemas.tenders import BidPage, TenderPage
from services.projects.schemas.works import MilestonePage, VillageSchemePage
from tests.conftest import Api
from tests.projects.conftest import TODAY, TOWN, VILLAGE, Declare, refusal
from tests.projects.test_adjustments import DRAFT
from tests.projects.test_incomes import income
from tests.projects.test_linkage import households, link
from tests.projects.test_plans import drawn_up, goal
from tests.projects.test_tenders import Procured, procured

__all__ = ["households", "procured"]

pytestmark = pytest.mark.usefixtures("places")


async def _made(asked: Any) -> Any:
    answer = await asked
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_what_postgresql_writes_is_what_the_models_say(projects: Api, declare: Declare) -> None:
    """Field by field, none missing and none more, no value that the model would read or write in another way."""
    firm = {"uscc": "93990000MA19DEMP1B", "name": "示范养殖合作社", "kind": "COOPERATIVE", "division_code": TOWN}
    enterprise = await _made(projects.post("/v1/enterprises", json=firm))
    more = {"enterprise_id": enterprise["id"], "linkage": ["DIVIDEND", "EMPLOYMENT"]}
    targets = [{"metric": "带动贫困户", "target": "30.50", "unit": "户"}]
    project = await declare("NOTICED", targets=targets, document_ref="申报1号", **more)
    at = f"/v1/projects/{project['id']}"
    await _made(projects.post(f"{at}/villages", json={"purpose": "TAP_WATER", "division_codes": [VILLAGE]}))
    await _made(projects.post(f"{at}/milestones", json={"kind": "PLAN_APPROVAL", "planned_on": "2018-05-08"}))
    await _made(projects.post(f"{at}/objections", json={"on": "2018-03-20", "matter": "位置有争议"}))
    shapes: list[tuple[str, type[BaseModel]]] = [
        (at, Project),
        ("/v1/projects", ProjectPage),
        (f"{at}/steps", StepPage),
        (f"{at}/documents", DocumentPage),
        (f"{at}/objections", ObjectionPage),
        ("/v1/milestones", MilestonePage),
        ("/v1/village-schemes", VillageSchemePage),
        ("/v1/enterprises", EnterprisePage),
    ]
    await _agree(projects, shapes)


async def test_what_is_procured_linked_planned_and_earned_is_written_alike(
    procured: Procured, declare: Declare, households: list[dict[str, Any]]
) -> None:
    projects = procured.projects
    await _made(procured.sign(await procured.won(0, 200_000_000)))
    project = await declare("OPERATING", category="PV")
    at = f"/v1/projects/{project['id']}"
    await _made(projects.post(f"{at}/income-reports", json=income(), key="june"))
    await _made(projects.post(f"{at}/beneficiaries", json={"links": [link(households[0])]}))
    await drawn_up(projects, TOWN, goal("PROJECTS_STARTED", 2), projects=(project["id"],))
    await _made(projects.post("/v1/adjustments", json=DRAFT))
    assert (await projects.post("/v1/linkage-runs", json={})).status_code == 202
    await projects.drain()
    await declare(project_no="2018-Z", category="PV")
    await _agree(projects, [
        ("/v1/tenders", TenderPage),
        ("/v1/bids", BidPage),
        ("/v1/contracts", ContractPage),
        ("/v1/income-reports", IncomeReportPage),
        (f"{at}/income-reports", IncomeReportPage),
        ("/v1/beneficiaries", BeneficiaryPage),
        ("/v1/plans", PlanPage),
        ("/v1/adjustments", AdjustmentPage),
        ("/v1/linkage-runs", LinkageRunPage),
        (f"{at}/duplicates", DuplicatePage),
    ])  # fmt: skip


async def test_the_newest_come_first_on_every_page(projects: Api) -> None:
    ids = [(await _made(projects.post("/v1/adjustments", json=DRAFT)))["id"] for _ in range(3)]
    found: list[str] = []
    asked = {"limit": "1"}
    while asked:
        page = (await projects.get("/v1/adjustments", params=asked, headers={"Prefer": "count=exact"})).json()
        assert page["total_count"] == 3
        found += [adjustment["id"] for adjustment in page["items"]]
        asked = asked | {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert found == ids[::-1]


async def _agree(projects: Api, shapes: list[tuple[str, type[BaseModel]]]) -> None:
    for path, shape in shapes:
        answer = (await projects.get(path)).json()
        assert answer.get("items", [answer]), path
        said = shape.model_validate(answer, by_name=True).model_dump_json()
        # PostgreSQL leaves the last zeros of a moment away.
        assert answer == json.loads(re.sub(r"(:\d\d\.\d*[1-9])0+(?=[+Z])", r"\1", said)), path
        if "items" in answer:
            lines = (await projects.get(f"{path}/export?format=ndjson")).text.splitlines()
            assert [json.loads(line) for line in lines] == json.loads(said)["items"], path


async def test_a_list_asks_for_what_this_request_asks_for(projects: Api, declare: Declare) -> None:
    """A statement is kept for the next request with such filters: what was asked then is not asked now."""
    early = await declare("ADMITTED", title="示范村肉牛养殖小区", project_no="2018-A")
    late = await declare(title="另一村水稻种植", project_no="2018-B", declared_on="2018-06-01")

    async def listed(**asked: Any) -> list[str]:
        answer = await projects.get("/v1/projects", params=asked, headers={"Prefer": "count=exact"})
        assert answer.json()["total_count"] == len(answer.json()["items"])
        return [found["id"] for found in answer.json()["items"]]

    for number, project in (("2018-A", early), ("2018-B", late), ("2018-C", None)):
        assert await listed(project_no=number) == ([project["id"]] if project else [])
    for title, project in (("肉牛", early), ("水稻", late), ("肉'%s牛", None), ("光伏", None)):
        assert await listed(title=title) == ([project["id"]] if project else []), title
    for day, ids in (("2018-05-31", [early["id"]]), ("2018-06-01", [early["id"], late["id"]]), ("2018-01-01", [])):
        assert await listed(as_of=day) == ids
    assert await listed(state=["ADMITTED", "DECLARED"]) == [early["id"], late["id"]]
    assert await listed(state="ADMITTED", division=VILLAGE) == [early["id"]]


async def test_pages_counts_and_tags_are_those_of_every_list(projects: Api, declare: Declare) -> None:
    ids = [(await declare(project_no=f"2018-{n}"))["id"] for n in range(3)]
    at, found = "/v1/projects?limit=2", []
    while at:
        answer = await projects.get(at, headers={"Prefer": "count=estimated"})
        assert answer.headers["preference-applied"] == "count=estimated"
        found += [project["id"] for project in answer.json()["items"]]
        cursor = answer.json()["next_cursor"]
        assert ("link" in answer.headers) == bool(cursor)
        at = f"/v1/projects?limit=2&cursor={cursor}" if cursor else ""
    assert found == ids
    one = await projects.get(f"/v1/projects/{ids[0]}")
    again = await projects.get(f"/v1/projects/{ids[0]}", headers={"If-None-Match": one.headers["etag"]})
    assert (one.headers["etag"], again.status_code, again.content) == ('"1"', 304, b"")


MANY = """
    SET session_replication_role = replica;
    CREATE TEMP TABLE made AS SELECT p.*, n FROM projects.project p, generate_series(1, 1002) n;
    UPDATE made SET id = uuidv7(), project_no = 'N' || n,
      title = CASE n % 2 WHEN 0 THEN '第' ELSE '村' END || n || title,
      division_code = CASE WHEN n < 4 THEN '230882102205' ELSE division_code END;
    INSERT INTO projects.project_step (project_id, division_code, seq, to_state, happened_on, actor, scope, level)
      SELECT id, division_code, 1, 'DECLARED', declared_on, 'bench', 'projects:write', 'COUNTY' FROM made;
    ALTER TABLE made DROP COLUMN n;
    INSERT INTO projects.project SELECT * FROM made;
"""


async def test_a_word_of_many_titles_finds_what_a_rare_one_does(projects: Api, declare: Declare) -> None:
    """The way to the projects depends on how many titles have the word; which projects they are does not."""
    await declare(title="肉牛 养殖", project_no="2018-A")
    await projects.admin_sql(MANY)
    common = "SELECT projects.title_is_common(%s)"
    for word, division, many in (("牛养", "230882", True), ("牛养", "230882102", False), ("7肉牛", "230882", False)):
        assert await projects.sql(common, word, division=division) == [(many,)], (word, division)
    pages, asked = [], {"title": "肉牛养", "limit": "200"}
    while asked:
        page = (await projects.get("/v1/projects", params=asked, headers={"Prefer": "count=exact"})).json()
        assert page["total_count"] == 1003
        pages.append([project["id"] for project in page["items"]])
        asked = asked | {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert [len(page) for page in pages] == [200, 200, 200, 200, 200, 3]
    found = [id for page in pages for id in page]
    assert found == sorted(set(found))
    other = projects.as_("town-clerk", "230882102")
    for caller, word, number in ((other, "肉牛", 3), (projects, "肉牛", 50), (projects, "村101肉", 1)):
        answer = await caller.get("/v1/projects", params={"title": word, "state": "DECLARED", "category": "LIVESTOCK"})
        assert len(answer.json()["items"]) == number, word


async def test_another_town_sees_nothing_of_a_project(projects: Api, declare: Declare) -> None:
    project = await declare()
    await _made(
        projects.post(
            f"/v1/projects/{project['id']}/milestones", json={"kind": "PLAN_APPROVAL", "planned_on": str(TODAY)}
        )
    )
    other = projects.as_("town-clerk", "230882102")
    for path in ("/v1/projects", "/v1/milestones"):
        assert len((await projects.get(path)).json()["items"]) == 1
        assert (await other.get(path)).json()["items"] == []
    tomorrow = {"late": "true", "on": str(TODAY + timedelta(days=1))}
    assert len((await projects.get("/v1/milestones", params=tomorrow)).json()["items"]) == 1
    for path in ("", "/steps", "/documents", "/objections"):
        assert refusal(await other.get(f"/v1/projects/{project['id']}{path}")) == (404, "not-found")
