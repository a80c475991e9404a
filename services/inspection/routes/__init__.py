"""The addresses of inspection."""

from fupin.exports import exports
from services.inspection.routes import (
    answers,
    attachments,
    calendars,
    campaigns,
    checklists,
    draws,
    estimates,
    figures,
    findings,
    meetings,
    meetings_reports,
    packets,
    packets_returns,
    plans,
    rectification,
    reports,
    schedules,
    teams,
    visits,
)
from services.inspection.rules.headings import HEADINGS

# The files come first: `export` is nobody's id.
FILES = exports(
    [
        meetings.router,
        meetings_reports.router,
        teams.router,
        visits.router,
        findings.router,
        rectification.router,
        reports.router,
        campaigns.router,
    ],
    HEADINGS,
    {"/v1/plans/{plan_id}/coverage": "items", "/v1/finding-counts": "items", "/v1/rectification-rates": "items"},
)
ROUTERS = [
    FILES,
    meetings.router,
    meetings_reports.router,
    teams.router,
    plans.router,
    draws.router,
    schedules.files,
    schedules.router,
    checklists.router,
    visits.router,
    answers.router,
    packets.router,
    packets_returns.router,
    estimates.router,
    findings.router,
    rectification.router,
    reports.router,
    campaigns.router,
    attachments.router,
    calendars.router,
    figures.router,
]
