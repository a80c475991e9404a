"""The HTTP interface of the project library."""

from fastapi import APIRouter

from services.projects.routes import (
    attachments,
    calendars,
    contracts,
    duplicates,
    enterprises,
    figures,
    library,
    linkage,
    milestones,
    objections,
    projects,
    tenders,
    villages,
)

ROUTERS: list[APIRouter] = [
    projects.router,
    duplicates.router,
    library.router,
    objections.router,
    milestones.router,
    villages.router,
    tenders.router,
    contracts.router,
    linkage.router,
    enterprises.router,
    attachments.router,
    calendars.router,
    figures.router,
]
