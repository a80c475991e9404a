"""The addresses of inspection."""

from services.inspection.routes import campaigns, draws, figures, meetings, plans, teams, visits

ROUTERS = [
    meetings.router,
    teams.router,
    plans.router,
    draws.router,
    visits.router,
    visits.papers,
    campaigns.router,
    figures.router,
]
