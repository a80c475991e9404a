"""The whole of synthetic Fujin through inspection: its figures are those of the county's report."""

from pathlib import Path
from typing import Any, cast

import yaml
from anyio import from_thread, to_thread

from fujin import inspection as example
from fujin.world import World, make
from services.inspection.rules import proof
from tests.conftest import Api
from tests.inspection.conftest import all_of, ok

FIGURES = yaml.safe_load((Path(__file__).parents[1] / "e2e" / "figures.yaml").read_text())["figures"]


class Office:
    """What `fujin.client.Service` is, for a service in this process: same methods, called from a thread."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def post(self, path: str, json: Any = None) -> Any:
        return from_thread.run(self._call, "POST", path, json)

    def patch(self, path: str, json: Any) -> Any:
        return from_thread.run(self._call, "PATCH", path, json)

    def items(self, path: str) -> Any:
        return from_thread.run(all_of, self.api, path)

    async def _call(self, method: str, path: str, json: Any) -> Any:
        if method == "PATCH":
            tag = (await self.api.get(path)).headers["ETag"]
            return await ok(self.api.patch(path, json=json, headers={"If-Match": tag}), 200)
        return await ok(self.api.post(path, json=json))


async def settle_fujin(registry: Api, world: World) -> None:
    """Places and households as the registry would hold them, set by set."""
    await registry.sql(
        """
        INSERT INTO division (code, county_code, name, level, parent_code, poor_village, state_on, longitude, latitude)
        SELECT code, left(code, 6), name, level, parent, coalesce(poor, false), '2014-01-01', x, y
        FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::boolean[], %s::float[], %s::float[])
             AS d (code, name, level, parent, poor, x, y)""",
        *map(list, zip(*((d.code, d.name, d.level, d.parent_code, d.poor_village, d.longitude, d.latitude)
                         for d in world.divisions), strict=True)),
    )  # fmt: skip
    await registry.sql(
        """
        INSERT INTO household (household_no, division_code, county_code, residence, status, status_on, identified_on)
        SELECT number, code, left(code, 6), 'RURAL', CASE WHEN poor THEN 'POOR' ELSE 'NOT_POOR' END, '2016-12-01',
               CASE WHEN poor THEN date '2016-12-01' END
        FROM unnest(%s::text[], %s::text[], %s::boolean[]) AS h (number, code, poor)""",
        *map(list, zip(*((h.household_no, h.division_code, h.poor) for h in world.households), strict=True)),
    )


async def test_the_figures_are_those_of_the_report(registry: Api, inspection: Api) -> None:
    world = make()
    await settle_fujin(registry, world)

    def api(*_: object, **__: object) -> Any:
        return Office(inspection.as_("inspector"))

    await to_thread.run_sync(example.send_out, cast(Any, api), world)

    figures = (await ok(inspection.get("/v1/figures?as_of=2018-05-17"), 200))["items"]
    assert {f["id"]: f["value"] for f in figures} == {
        f["id"]: f["value"] for f in FIGURES if f["service"] == "inspection"
    }
    for figure in figures:
        listed = await inspection.get(figure["href"], headers={"Prefer": "count=exact"})
        assert listed.json()["total_count"] == figure["rows"], figure
    (drawing,) = await all_of(inspection, "/v1/draws")
    assert proof.verify((await inspection.get(f"/v1/draws/{drawing['id']}/proof")).json()) == []
    crossings = await all_of(inspection, "/v1/cross-inspections")
    teams = {team["id"]: team["home_division_code"] for team in await all_of(inspection, "/v1/teams")}
    assert {c["village_code"] for c in crossings} == {village.code for village in world.poor_villages}
    assert all(teams[c["team_id"]] != c["village_code"] for c in crossings)
    assert len(await all_of(inspection, "/v1/visits")) == 520
