"""The worked example's part of the library, loaded as an outside client would, gives the seed's figures."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from anyio import from_thread, to_thread

from fujin import projects as fujin
from fujin.world import World, make
from tests.conftest import Api


class Client:
    """What `fujin` takes for its HTTP client: the same calls, made on the services in process."""

    def __init__(self, services: dict[str, Api]) -> None:
        self.services = services

    def __call__(self, service: str, role: str = "county-admin", division: str | None = None) -> "Client":
        narrowed = Client(self.services)
        narrowed.api = self.services[service].as_(role, division)
        return narrowed

    api: Api

    def post(self, path: str, json: Any) -> Any:
        async def call() -> Any:
            answer = await self.api.post(path, json=json)
            assert answer.is_success, f"{path}: {answer.text}"
            return answer.json()

        return from_thread.run(call)

    def items(self, path: str, **params: Any) -> Iterator[Any]:
        async def call() -> Any:
            return (await self.api.get(path, params=params)).json()["items"]

        return iter(from_thread.run(call))


async def register(registry: Api, world: World) -> None:
    """The county's divisions, whose codes the library has the registry check."""
    for division in world.divisions:
        body = {name: getattr(division, name) for name in ("code", "name", "level", "parent_code")}
        assert (await registry.post("/v1/divisions", json=body)).status_code == 201


async def test_the_seeds_figures_are_counted_from_what_was_loaded(services: dict[str, Api]) -> None:
    world = make()
    await register(services["registry"], world)
    await to_thread.run_sync(fujin.load, Client(services), world)

    projects = services["projects"]
    answer = (await projects.get("/v1/figures?as_of=2018-05-17")).json()
    assert {figure["id"]: figure["value"] for figure in answer["items"]} == {
        "industry_projects_reported": 16,
        "pv_villages": 8,
        "water_tender_posted": "2018-04-16",
        "water_bid_opening": "2018-05-08/2018-05-10",
        "water_construction_start": "2018-05-15",
    }
    for figure in answer["items"]:
        page = (await projects.get(figure["href"], headers={"Prefer": "count=exact"})).json()
        assert page["total_count"] == figure["rows"] == len(page["items"]), figure["id"]

    states = (await projects.get("/v1/statistics/projects?group_by=programme,state&as_of=2018-05-17")).json()
    found = {(group["programme"], group["state"]): group["projects"] for group in states["groups"]}
    assert found == {
        ("INDUSTRY", "DECLARED"): 5,
        ("INDUSTRY", "TOWN_REVIEWED"): 5,
        ("INDUSTRY", "ARGUED"): 6,
        ("PV", "IMPLEMENTING"): 8,
        ("WATER", "ADMITTED"): 1,
        ("WATER", "ARGUED"): 1,
    }
    for purpose, villages in (("TAP_WATER", 38), ("WATER_RENOVATION", 40), ("PV_STATION", 8)):
        rows = await projects.get(f"/v1/village-schemes?purpose={purpose}", headers={"Prefer": "count=exact"})
        assert rows.json()["total_count"] == villages
    grid = (await projects.get("/v1/milestones?kind=GRID_CONNECTION&due_before=2018-07-01")).json()["items"]
    assert {milestone["planned_on"] for milestone in grid} == {"2018-06-30"}
    enterprises = (await projects.get("/v1/enterprises")).json()["items"]
    assert {enterprise["name"] for enterprise in enterprises} == {name for _, name in fujin.ENTERPRISES}
    assert world.as_of == date(2018, 5, 17)
