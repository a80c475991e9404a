from services.funds.routes import accounts, distributions, figures, journals, lines, loans, receipts, steps

ROUTERS = (
    accounts.router,
    journals.router,
    loans.router,
    receipts.router,
    distributions.router,
    steps.router,
    lines.router,
    figures.router,
)
