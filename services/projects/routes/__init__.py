"""The HTTP interface of the project library."""

from fastapi import APIRouter

from services.projects.routes import (
    attachments,
    calendars,
    enterprises,
    figures,
    library,
    linkage,
    milestones,
    objections,
    projects,
    villages,
)

ROUTERS: list[APIRouter] = [
    projects.router,
    library.router,
    objections.router,
    milestones.router,
    villages.router,
    linkage.router,
    enterprises.router,
    attachments.router,
    calendars.router,
    figures.router,
]
