from datetime import date
from typing import Annotated, Any

from fastapi import Query

from fupin.app import Router
from fupin.auth import needs
from fupin.clock import Today
from fupin.db import Db
from services.projects.queries import boards as queries
from services.projects.routes.projects import Asked
from services.projects.schemas.boards import Board

router = Router(tags=["statistics"])

_HEADING = "(town|category|programme|state|stage|year)"
GroupBy = Annotated[
    str,
    Query(
        pattern=rf"^{_HEADING}(,{_HEADING}){{0,5}}$",
        description="One or more of town, category, programme, state, stage, year, separated by commas.",
        examples=["town,stage"],
    ),
]


@router.get("/v1/statistics/board", response_model=Board, dependencies=[needs("projects:read")])
async def show_board(
    db: Db,
    asked: Asked,
    today: Today,
    group_by: GroupBy = "town,stage",
    on: Annotated[date | None, Query(description="As the library stood on this day; today when absent.")] = None,
) -> dict[str, Any]:
    """Projects with their budgets, milestones, linked households and incomes, with the filters of the list."""
    by = list(dict.fromkeys(group_by.split(",")))
    return {"on": on or today, "group_by": by, "groups": await queries.board(db, by, asked, on or today)}
