"""Villages and projects as GeoJSON (RFC 7946). Where they lie is the registry's to say; it is asked each time."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import JSONResponse

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import problems
from fupin.remote import Unanswered
from services.projects.clients import Place, Registry
from services.projects.queries import maps as queries
from services.projects.routes.projects import Asked
from services.projects.schemas.maps import ProjectMap, VillageMap

router = Router(tags=["maps"])

On = Annotated[date | None, Query(description="As the library stood on this day; today when absent.")]


class GeoJson(JSONResponse):
    media_type = "application/geo+json"


@router.get(
    "/v1/maps/villages",
    response_model=VillageMap,
    response_class=GeoJson,
    dependencies=[needs("projects:read")],
    responses=problems(Unanswered),
)
async def map_villages(
    db: Db,
    who: Who,
    registry: Registry,
    today: Today,
    asked: Asked,
    on: On = None,
    with_projects: Annotated[bool | None, Query(description="Only villages with such projects, or without.")] = None,
) -> dict[str, Any]:
    """
    Villages with the projects that cover them or lie in them, filtered as in the list of projects.

    A village that the registry has no coordinates of is listed with `geometry: null`.
    """
    places = [place for place in await registry.places(who.division) if place.level == "VILLAGE"]
    # The division says which villages; a project of the county that covers them lies outside it.
    wanted = replace(asked, division=None)
    counted = {row["division_code"]: row for row in await queries.villages(db, wanted, on or today)}
    features = [
        _feature(place.code, place, _village(place, counted.get(place.code)))
        for place in places
        if place.code.startswith(asked.division or "") and with_projects in (None, place.code in counted)
    ]
    return {"type": "FeatureCollection", "on": on or today, "features": features}


@router.get(
    "/v1/maps/projects",
    response_model=ProjectMap,
    response_class=GeoJson,
    dependencies=[needs("projects:read")],
    responses=problems(Unanswered, BadCursor),
)
async def map_projects(
    db: Db, page: Paged, who: Who, registry: Registry, today: Today, asked: Asked, on: On = None
) -> dict[str, Any]:
    """Projects, each where its village, town or county lies, filtered and paged as in the list of projects."""
    places = {place.code: place for place in await registry.places(who.division)}
    listed = queries.shown(asked, on or today)
    found = await page.of(db, listed, key=listed.selected_columns.id)
    features = [_feature(row["id"], places.get(row["division_code"]), _project(row, places)) for row in found["items"]]
    return {
        "type": "FeatureCollection", "on": on or today, "features": features, "next_cursor": found["next_cursor"],
    }  # fmt: skip


def _feature(id: Any, place: Place | None, properties: dict[str, Any]) -> dict[str, Any]:
    geometry = None
    if place is not None and place.longitude is not None and place.latitude is not None:
        geometry = {"type": "Point", "coordinates": [place.longitude, place.latitude]}
    return {"type": "Feature", "id": id, "geometry": geometry, "properties": properties}


def _village(place: Place, counted: Any) -> dict[str, Any]:
    return {
        "code": place.code,
        "name": place.name,
        "poor_village": place.poor_village,
        "projects": counted["projects"] if counted else 0,
        "budget_fen": counted["budget_fen"] if counted else 0,
        "purposes": (counted["purposes"] or []) if counted else [],
    }


def _project(row: dict[str, Any], places: dict[str, Place]) -> dict[str, Any]:
    place = places.get(row["division_code"])
    return {name: value for name, value in row.items() if name != "id"} | {
        "division_name": place.name if place else None
    }
