from services.funds.routes import (
    accounts,
    bank,
    distributions,
    evidence,
    figures,
    journals,
    lines,
    loan_book,
    loan_changes,
    loans,
    receipts,
    steps,
)

ROUTERS = (
    accounts.router,
    journals.router,
    evidence.router,
    loans.router,
    loan_changes.router,
    loan_book.router,
    receipts.router,
    bank.router,
    distributions.router,
    steps.router,
    lines.router,
    figures.router,
)
