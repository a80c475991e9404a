from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired, etag
from fupin.paging import Paged
from fupin.problems import Invalid, NotFound, problems
from services.registry import models
from services.registry.codes.imports import ImportKind
from services.registry.problems.mappings import MappingTaken
from services.registry.queries import mappings
from services.registry.queries.changes import change
from services.registry.rules.kinds import LAYOUTS
from services.registry.schemas.mappings import (
    ColumnMapping,
    ColumnMappingChange,
    ColumnMappingPage,
    NewColumnMapping,
)

router = Router(tags=["imports"])


@router.post(
    "/v1/column-mappings",
    status_code=201,
    response_model=ColumnMapping,
    dependencies=[needs("registry:write")],
    responses=problems(MappingTaken),
)
async def create_column_mapping(new: NewColumnMapping, db: Db, who: Who, response: Response) -> models.ColumnMapping:
    """Keep which headings of your own files stand for which fields, for imports to name by id."""
    _check_fields(new.kind, new.columns)
    mapping = models.ColumnMapping(division_code=who.division.ljust(12, "0"), created_by=who.actor, **new.model_dump())
    db.add(mapping)
    await db.flush()
    await db.refresh(mapping)
    etag(response, mapping.version)
    return mapping


@router.get("/v1/column-mappings", response_model=ColumnMappingPage, dependencies=[needs("registry:read")])
async def list_column_mappings(db: Db, page: Paged, kind: ImportKind | None = None) -> dict[str, Any]:
    """Mappings of your division and of those above and below it."""
    return await page.of(db, mappings.mappings(kind), key=col(models.ColumnMapping.id))


@router.get(
    "/v1/column-mappings/{mapping_id}",
    response_model=ColumnMapping,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_column_mapping(mapping_id: UUID, db: Db, response: Response) -> models.ColumnMapping:
    """One mapping."""
    found = await mappings.found(db, mapping_id)
    if found is None:
        raise NotFound
    etag(response, found.version)
    return found


@router.patch(
    "/v1/column-mappings/{mapping_id}",
    response_model=ColumnMapping,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound, Stale, VersionRequired, MappingTaken),
)
async def change_column_mapping(
    mapping_id: UUID, new: ColumnMappingChange, db: Db, who: Who, response: Response, version: IfMatch
) -> models.ColumnMapping:
    """Change a mapping of your division; imports that used it keep what it said."""
    held = await mappings.own(db, mapping_id, who.division)
    if held is None:
        raise NotFound
    if new.columns is not None:
        _check_fields(held.kind, new.columns)
    fields = new.model_dump(exclude_unset=True)
    await change(db, models.ColumnMapping, col(models.ColumnMapping.id), mapping_id, version, fields)
    db.expire_all()
    return await get_column_mapping(mapping_id, db, response)


@router.delete(
    "/v1/column-mappings/{mapping_id}",
    status_code=204,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound, Stale, VersionRequired),
)
async def delete_column_mapping(mapping_id: UUID, db: Db, who: Who, version: IfMatch) -> None:
    """Forget a mapping of your division."""
    if await mappings.own(db, mapping_id, who.division) is None:
        raise NotFound
    if not await mappings.drop(db, mapping_id, version):
        raise Stale


def _check_fields(kind: ImportKind, columns: Mapping[str, str | None]) -> None:
    """Every field a heading is said to stand for must be one of the kind's."""
    known = {column.field for column in LAYOUTS[kind.value].columns}
    for heading, field in columns.items():
        if field is not None and field not in known:
            pointer = heading.replace("~", "~0").replace("/", "~1")
            raise Invalid(
                f"/columns/{pointer}", "is not a field of this kind of file", zh="不是此类文件的字段", code="field"
            )
