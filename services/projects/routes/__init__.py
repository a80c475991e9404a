"""The HTTP interface of the project library."""

from fastapi import APIRouter

from services.projects.routes import (
    adjustments,
    attachments,
    calendars,
    contracts,
    duplicates,
    enterprises,
    figures,
    incomes,
    library,
    linkage,
    linkage_checks,
    linkage_incomes,
    milestones,
    objections,
    open_contracting,
    projects,
    tenders,
    villages,
)

ROUTERS: list[APIRouter] = [
    projects.router,
    duplicates.router,
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
    incomes.router,
    enterprises.router,
    attachments.router,
    calendars.router,
    figures.router,
    open_contracting.router,
]
