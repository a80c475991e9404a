"""Into the registry: the county's files, then the housing rosters, their comparison and the application roster."""

from collections.abc import Callable, Iterable
from typing import Any

from httpx import Response

from fujin import files
from fujin.client import Api, Failed, Service
from fujin.files import File
from fujin.people import People
from fujin.world import World

STATED_ON = "2018-01-01"  # the towns wrote down how their households stood at the turn of the year


class FileRefused(Exception):
    """The registry found bad cells in a file of ours; says where the first ones are."""


def places(api: Api, world: World) -> None:
    """The county, its towns and villages. Everything else needs them to be there."""
    _finish(api("registry"), [_import(api("registry"), files.divisions(world))])


def households(api: Api, world: World) -> None:
    """Eleven towns send eleven files; all are handed in at once, and read one after another."""
    registry = api("registry")
    _finish(registry, [_import(registry, file) for file in files.households(world)])


def measures(api: Api, world: World) -> None:
    """Pathways, helpers and guarantee checks name households, so they come after them."""
    registry = api("registry")
    made: tuple[Callable[[World], File], ...] = (files.pathways, files.helpers, files.guarantees)
    _finish(registry, [_import(registry, make(world)) for make in made])


def leaders(api: Api, world: World) -> None:
    """市级领导包镇: a city leader for each town."""
    registry = api("registry")
    dice = world.dice("leaders")
    people = People(dice)
    for town in world.towns:
        leader = registry.post(
            "/v1/helpers",
            {
                "name": people.name(dice.chance(0.7)),
                "department": f"市级领导（包{town.name}）",
                "position": "市级领导",
                "division_code": world.county.code,
            },
        )
        registry.post(
            "/v1/helper-assignments",
            {
                "helper_id": leader["id"],
                "division_code": town.code,
                "level": "LEADER",
                "responsible": False,
                "from": "2018-01-08",
            },
        )


def housing(api: Api, world: World) -> None:
    """
    The comparison that the spring's housing work stands on.

    The ledger of 2017 is held against the data of 2018 and the appraisals; a person decides the rows that contradict
    each other; signing off freezes the result; the households not yet appraised and the urban ones make the
    application.
    """
    registry = api("registry")
    ledger = _roster(registry, files.ledger_2017(world), "危房改造四类人员台账（2017年末）", "2017-12-31")
    newer = _roster(registry, files.data_2018(world), "四类人员最新数据（2018年）", "2018-05-10")
    appraised = _roster(registry, files.appraisals(world), "房屋等级鉴定结果（2017年）", "2017-12-31")
    ledger_id, newer_id, appraised_id = (_ready(registry, each) for each in (ledger, newer, appraised))
    answer = registry.send_post(
        "/v1/comparisons",
        {
            "name": "四类人员数据比对（2018年5月）",
            "base_roster_id": ledger_id,
            "newer_roster_id": newer_id,
            "match_roster_ids": [appraised_id],
            "as_of": "2018-05-10",
        },
        key="fujin-comparison",
    )
    registry.wait(answer)
    comparison = f"/v1/comparisons/{answer.json()['id']}"
    if registry.get(comparison)["state"] == "OPEN":
        for row in list(registry.items(f"{comparison}/rows", outcome="CONFLICT")):
            registry.post(
                f"{comparison}/rows/{row['row_no']}:resolve",
                {"outcome": "KEPT", "reason": "经村镇核实为同一人，系录入差错，仍符合条件。"},
                key=f"fujin-resolve-{row['row_no']}",
            )
        registry.post(f"{comparison}:sign-off", key="fujin-sign-off")
    application = registry.send_post(
        f"{comparison}/roster",
        {"name": "申请鉴定四类人员名单（2018年5月）", "as_of": world.as_of.isoformat()},
        key="fujin-application",
    )
    registry.wait(application)


Started = tuple[str, Response]


def _import(registry: Service, file: File) -> Started:
    form = {"kind": file.kind}
    if file.kind == "HOUSEHOLDS":
        form["as_of"] = STATED_ON
    return file.name, registry.send_post("/v1/imports", files={"file": file.part}, data=form)


def _roster(registry: Service, file: File, name: str, as_of: str) -> Started:
    form = {"name": name, "kind": file.kind, "as_of": as_of}
    return file.name, registry.send_post("/v1/rosters", files={"file": file.part}, data=form)


def _finish(registry: Service, started: Iterable[Started]) -> None:
    for name, answer in started:
        done = _wait(registry, name, answer)
        registry.api.tell(f"{name}: {done['rows_read']} rows, {done['added']} added, {done['unchanged']} as before")


def _ready(registry: Service, started: Started) -> str:
    name, answer = started
    id = str(_wait(registry, name, answer)["roster_id"])
    registry.api.tell(f"{name}: {registry.get(f'/v1/rosters/{id}')['row_count']} rows")
    return id


def _wait(registry: Service, name: str, answer: Response) -> dict[str, Any]:
    """The result of reading a file. A file with bad cells is not taken; the first of them say why."""
    try:
        return registry.wait(answer)
    except Failed as failed:
        if "errors_href" not in failed.problem:
            raise
        worst = registry.get(failed.problem["errors_href"], limit=5)["items"]
        cells = "; ".join(f"row {cell['row']} {cell['heading']}: {cell['en']}" for cell in worst)
        raise FileRefused(f"{name} was not taken: {cells}") from failed
