"""What inspection has to say in the county briefing."""

from datetime import date

from fupin.app import Router
from fupin.auth import needs
from fupin.clock import Today
from fupin.db import Db
from fupin.figures import FigureList
from services.inspection.queries import figures

router = Router(tags=["figures"])


@router.get("/v1/figures", dependencies=[needs("inspection:read")])
async def list_figures(db: Db, today: Today, as_of: date | None = None) -> FigureList:
    """Every figure, counted from rows; its `href` lists exactly the rows counted."""
    day = as_of or today
    return FigureList(as_of=day, items=await figures.figures(db, day))
