"""A day in the summer of 2018, and projects at any point of the library."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import httpx
import pytest

from fupin.remote import Peer
from tests.conftest import Api

VILLAGE = "230882101203"
TOWN = "230882101000"
COUNTY = "230882000000"
TODAY = date(2018, 6, 29)

Declare = Callable[..., Awaitable[dict[str, Any]]]

# One verb after another, with days that leave the notice its ten working days.
PATH = (
    ("review", {"on": "2018-03-05"}),
    ("argue", {"on": "2018-03-12", "opinion": "可行"}),
    ("approve", {"on": "2018-03-16", "document_ref": "富政发〔2018〕9号"}),
    ("publish-notice", {"on": "2018-03-19", "document_ref": "公示〔2018〕3号"}),
    ("admit", {"on": "2018-04-03"}),
    ("start", {"on": "2018-04-10"}),
    ("complete", {"on": "2018-05-10"}),
    ("accept", {"on": "2018-05-20", "document_ref": "验收〔2018〕2号"}),
    ("operate", {"on": "2018-06-01"}),
    ("close", {"on": "2018-06-28"}),
)


@pytest.fixture
def projects(services: dict[str, Api]) -> Api:
    """The project library on 2018-06-29."""
    services["projects"].runtime.clock.move(TODAY)
    return services["projects"]


@pytest.fixture
async def places(services: dict[str, Api]) -> None:
    """The county, three towns and a village of each, in the registry; only the first village says where it lies."""
    registry = services["registry"]
    registry.runtime.clock.move(TODAY)
    found: list[tuple[str, str, str, str | None]] = [
        (COUNTY, "富锦市", "COUNTY", None),
        (TOWN, "示范镇", "TOWN", COUNTY),
        ("230882102000", "另一镇", "TOWN", COUNTY),
        ("230882103000", "第三镇", "TOWN", COUNTY),
        (VILLAGE, "示范村", "VILLAGE", TOWN),
        ("230882102205", "另一村", "VILLAGE", "230882102000"),
        ("230882103201", "第三村", "VILLAGE", "230882103000"),
    ]
    for code, name, level, parent in found:
        body: dict[str, Any] = {"code": code, "name": name, "level": level, "parent_code": parent}
        if code == VILLAGE:
            body |= {"longitude": 132.04, "latitude": 47.25, "poor_village": True}
        assert (await registry.post("/v1/divisions", json=body)).status_code == 201


def project_body(**changed: Any) -> dict[str, Any]:
    return {
        "project_no": "2018-001",
        "title": "示范村肉牛养殖小区",
        "category": "LIVESTOCK",
        "division_code": VILLAGE,
        "declaring_unit": "示范村村民委员会",
        "implementing_unit": "示范村养殖合作社",
        "responsible_person": "示范负责人",
        "build_type": "NEW",
        "content": "牛舍两栋，存栏一百头",
        "starts_on": "2018-04-01",
        "ends_on": "2018-12-31",
        "linkage": ["DIVIDEND"],
        "expected_beneficiaries": 30,
        "declared_on": "2018-03-01",
        "budget": [{"source": "CENTRAL", "amount_fen": 50_000_000}],
        "targets": [{"metric": "带动贫困户", "target": "30", "unit": "户"}],
    } | changed


@pytest.fixture
def declare(projects: Api) -> Declare:
    """Declares a project, and takes it through the library until it stands in a state."""
    number = iter(range(1, 1000))

    async def declared(until: str = "DECLARED", **changed: Any) -> dict[str, Any]:
        at = next(number)
        # No two of them the same project: the same public source does not pay one twice.
        unique = {"project_no": f"2018-{at:03}", "title": f"示范村肉牛养殖小区{at}期"}
        body = project_body(**(unique | changed))
        answer = await projects.post("/v1/projects", json=body)
        assert answer.status_code == 201, answer.text
        project: dict[str, Any] = answer.json()
        for verb, step in PATH:
            if project["state"] == until:
                break
            answer = await projects.post(f"/v1/projects/{project['id']}:{verb}", json=step)
            assert answer.status_code == 200, answer.text
            project = answer.json()
        assert project["state"] == until
        return project

    return declared


def refusal(answer: Any) -> tuple[int, str]:
    """Status and name of a refusal."""
    return answer.status_code, answer.json()["code"]


def silence(api: Api, peer: str) -> None:
    """Make a peer answer nothing."""

    def hang_up(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there", request=request)

    api.runtime._peers[peer] = Peer(peer, api.settings, transport=httpx.MockTransport(hang_up))
