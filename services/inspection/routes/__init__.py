"""The addresses of inspection."""

from services.inspection.routes import (
    attachments,
    calendars,
    campaigns,
    draws,
    figures,
    findings,
    meetings,
    meetings_reports,
    plans,
    rectification,
    teams,
    visits,
)

ROUTERS = [
    meetings.router,
    meetings_reports.router,
    teams.router,
    plans.router,
    draws.router,
    visits.router,
    findings.router,
    rectification.router,
    campaigns.router,
    attachments.router,
    calendars.router,
    figures.router,
]
