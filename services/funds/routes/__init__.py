from fupin.exports import exports
from services.funds.routes import (
    accounts,
    appropriations,
    bank,
    distributions,
    evidence,
    expenditures,
    figures,
    incomes,
    journals,
    lineage,
    lines,
    loan_book,
    loan_changes,
    loans,
    notes,
    payouts,
    receipts,
    sheets,
    steps,
    transfer_requests,
)
from services.funds.rules.headings import HEADINGS

LISTS = (
    accounts.router,
    journals.router,
    transfer_requests.router,
    evidence.router,
    loans.router,
    loan_changes.router,
    loan_book.router,
    receipts.router,
    bank.router,
    distributions.router,
    steps.router,
    lines.router,
    payouts.router,
    sheets.router,
    appropriations.router,
    expenditures.router,
    incomes.router,
    lineage.router,
    notes.router,
    figures.router,
)

# The files come first: `export` is nobody's id.
ALSO = {"/v1/loan-book": "loans", "/v1/trial-balance": "items"}
ROUTERS = (exports(LISTS, HEADINGS, ALSO), *LISTS)
