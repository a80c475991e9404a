from datetime import date
from typing import Annotated

from pydantic import Field

from fupin.schemas import Answer
from services.projects.codes.library import LibraryState
from services.projects.codes.projects import Programme, ProjectCategory
from services.projects.codes.works import Stage


class BoardGroup(Answer):
    """Projects of one group; a heading that was not grouped by is null."""

    town: Annotated[str | None, Field(description="Code of the town; of the county for its own projects.")] = None
    category: ProjectCategory | None = None
    programme: Programme | None = None
    state: LibraryState | None = None
    stage: Stage | None = None
    year: Annotated[int | None, Field(description="The year in which the projects are to start.")] = None
    projects: int
    budget_fen: int
    milestones: int
    reached: Annotated[int, Field(description="Milestones reached by the day.")]
    late: Annotated[int, Field(description="Milestones due before the day and not reached by it.")]
    links: Annotated[int, Field(description="Households linked on the day, once a project.")]
    income_fen: Annotated[int, Field(description="What the projects had reported as earned by the day.")]


class Board(Answer):
    on: date
    group_by: list[str]
    groups: list[BoardGroup]
