"""GeoJSON (RFC 7946): positions are longitude, latitude in degrees."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from fupin.schemas import Answer
from services.projects.codes.library import LibraryState
from services.projects.codes.projects import Programme, ProjectCategory
from services.projects.codes.works import SchemePurpose


class Point(Answer):
    type: Literal["Point"]
    coordinates: Annotated[list[float], Field(min_length=2, max_length=2, examples=[[132.04, 47.25]])]


class VillageProperties(Answer):
    code: str
    name: str
    poor_village: bool
    projects: Annotated[int, Field(description="Projects that cover the village or lie in it.")]
    budget_fen: int
    purposes: list[SchemePurpose]


class VillageFeature(Answer):
    type: Literal["Feature"]
    id: str
    geometry: Point | None
    properties: VillageProperties


class VillageMap(Answer):
    """Villages; one that the registry has no coordinates of has no geometry."""

    type: Literal["FeatureCollection"]
    on: date
    features: list[VillageFeature]


class ProjectProperties(Answer):
    project_no: str
    title: str
    category: ProjectCategory
    programme: Programme
    state: LibraryState
    division_code: str
    division_name: str | None
    budget_fen: int


class ProjectFeature(Answer):
    type: Literal["Feature"]
    id: UUID
    geometry: Point | None
    properties: ProjectProperties


class ProjectMap(Answer):
    """Projects, each where its village, town or county lies."""

    type: Literal["FeatureCollection"]
    on: date
    features: list[ProjectFeature]
    next_cursor: str | None
