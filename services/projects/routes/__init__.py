"""The HTTP interface of the project library."""

from fastapi import APIRouter

from fupin.exports import exports
from services.projects.routes import (
    adjustments,
    attachments,
    boards,
    calendars,
    contracts,
    declarations,
    duplicates,
    enterprises,
    figures,
    incomes,
    library,
    library_sheet,
    linkage,
    linkage_checks,
    linkage_incomes,
    maps,
    milestones,
    objections,
    open_contracting,
    plans,
    projects,
    tenders,
    villages,
)
from services.projects.rules.headings import HEADINGS

ROUTERS: list[APIRouter] = [
    projects.router,
    duplicates.router,
    declarations.router,
    library.router,
    objections.router,
    adjustments.router,
    milestones.router,
    villages.router,
    tenders.router,
    contracts.router,
    linkage.router,
    linkage_checks.router,
    linkage_incomes.router,
    plans.router,
    maps.router,
    boards.router,
    incomes.router,
    enterprises.router,
    attachments.router,
    calendars.router,
    figures.router,
    open_contracting.router,
    library_sheet.router,
]

# The files come first: `export` is nobody's id.
ROUTERS.insert(0, exports(tuple(ROUTERS), HEADINGS))
