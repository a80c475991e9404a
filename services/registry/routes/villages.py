from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired
from fupin.listing import Listing
from fupin.paging import Page, Paged
from fupin.problems import AlreadyExists, Invalid, NotFound, problems
from fupin.written import found, listed
from services.registry import models
from services.registry.problems.quality import UnknownVillageItem, VillageFactRecorded
from services.registry.queries import pathways, support
from services.registry.queries.changes import change
from services.registry.routes.answers import AsOf, InDivision, On
from services.registry.schemas.common import Entry, EntryChange, NewEntry, is_village
from services.registry.schemas.support import (
    NewVillageFact,
    VillageFact,
    VillageFactChange,
    VillageFactPage,
    VillageStatePage,
)

router = Router(tags=["divisions"])

ItemCode = Annotated[str, Path(max_length=32)]


class VillageItem(Entry): ...


class VillageItemPage(Page[VillageItem]): ...


@router.get("/v1/village-items", response_model=VillageItemPage, dependencies=[needs("registry:read")])
async def list_village_items(db: Db, page: Paged, response: Response, as_of: AsOf) -> Response:
    """三通三有: the connections and things that a village must have on a day."""
    return await listed(db, page, response, pathways.entries("village_item", as_of))


@router.post(
    "/v1/village-items",
    status_code=201,
    response_model=VillageItem,
    dependencies=[needs("registry:approve")],
    responses=problems(AlreadyExists),
)
async def create_village_item(new: NewEntry, db: Db, response: Response) -> Response:
    """Ask another thing of villages."""
    if new.valid_to is not None and new.valid_to < new.valid_from:
        raise Invalid("/valid_to", "must not be before valid_from", zh="不得早于开始日期")
    db.add(models.VillageItem(**new.model_dump()))
    await db.flush()
    return await found(db, response, _item(new.code), "e.version", made=f"/v1/village-items/{new.code}")


@router.get(
    "/v1/village-items/{code}",
    response_model=VillageItem,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_village_item(code: ItemCode, db: Db, response: Response) -> Response:
    """One item, also one that is no longer asked for."""
    return await found(db, response, _item(code), "e.version")


@router.patch(
    "/v1/village-items/{code}",
    response_model=VillageItem,
    dependencies=[needs("registry:approve")],
    responses=problems(NotFound, Stale, VersionRequired, AlreadyExists),
)
async def change_village_item(
    code: ItemCode, new: EntryChange, db: Db, response: Response, version: IfMatch
) -> Response:
    """Rename an item or say its last day."""
    fields = new.model_dump(exclude_unset=True)
    await change(db, models.VillageItem, col(models.VillageItem.code), code, version, fields)
    return await found(db, response, _item(code), "e.version")


@router.post(
    "/v1/village-facts",
    status_code=201,
    response_model=VillageFact,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound, UnknownVillageItem, VillageFactRecorded),
)
async def create_village_fact(new: NewVillageFact, db: Db, who: Who, response: Response) -> Response:
    """Record that a village has an item, or has it no more, from a day on."""
    if not is_village(new.division_code):
        raise Invalid("/division_code", "must be a village", zh="须为村级行政区划")
    if await db.get(models.Division, new.division_code) is None:
        raise NotFound
    row = models.VillageFact(**new.model_dump(), county_code=new.division_code[:6], recorded_by=who.actor)
    db.add(row)
    await db.flush()
    id = UUID(str(row.id))
    return await found(db, response, _fact(id), "f.version", made=f"/v1/village-facts/{id}")


@router.get("/v1/village-facts", response_model=VillageFactPage, dependencies=[needs("registry:read")])
async def list_village_facts(
    db: Db,
    page: Paged,
    response: Response,
    division: InDivision,
    item: Annotated[str | None, Query(max_length=32)] = None,
) -> Response:
    """Everything recorded of villages' items, day by day."""
    wanted = support.facts()
    if division is not None:
        wanted = wanted.where("starts_with(f.division_code, %(division)s)", division=division)
    if item is not None:
        wanted = wanted.where("f.item = %(item)s", item=item)
    return await listed(db, page, response, wanted)


@router.get(
    "/v1/village-facts/{fact_id}",
    response_model=VillageFact,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_village_fact(fact_id: UUID, db: Db, response: Response) -> Response:
    """One fact."""
    return await found(db, response, _fact(fact_id), "f.version")


@router.patch(
    "/v1/village-facts/{fact_id}",
    response_model=VillageFact,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound, Stale, VersionRequired),
)
async def change_village_fact(
    fact_id: UUID, new: VillageFactChange, db: Db, response: Response, version: IfMatch
) -> Response:
    """Correct a fact; what it said stays in the audit trail."""
    fields = new.model_dump(exclude_unset=True)
    await change(db, models.VillageFact, col(models.VillageFact.id), fact_id, version, fields)
    return await found(db, response, _fact(fact_id), "f.version")


@router.get("/v1/village-states", response_model=VillageStatePage, dependencies=[needs("registry:read")])
async def list_village_states(
    db: Db,
    page: Paged,
    response: Response,
    on: On,
    division: InDivision,
    item: Annotated[str | None, Query(max_length=32)] = None,
    met: Annotated[bool | None, Query(description="False: recorded as lacking, or not recorded at all.")] = None,
    poor_village: bool | None = None,
) -> Response:
    """三通三有: every village with every item, as it stands on a day."""
    wanted = support.states(on)
    if division is not None:
        wanted = wanted.where("starts_with(d.code, %(division)s)", division=division)
    if item is not None:
        wanted = wanted.where("e.code = %(item)s", item=item)
    if met is not None:
        wanted = wanted.where("coalesce(f.met, false) = %(met)s", met=met)
    if poor_village is not None:
        wanted = wanted.where("s.poor_village = %(poor_village)s", poor_village=poor_village)
    return await listed(db, page, response, wanted)


def _item(code: str) -> Listing:
    return pathways.entries("village_item", None).where("e.code = %(code)s", code=code)


def _fact(id: UUID) -> Listing:
    return support.facts().where("f.id = %(id)s", id=id)
