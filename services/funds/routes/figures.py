from datetime import date
from typing import Annotated

from fastapi import Query

from fupin.app import Router
from fupin.auth import needs
from fupin.clock import Today
from fupin.db import Db
from fupin.figures import FigureList, agreed, figure, money
from services.funds.queries import figures as queries

router = Router(tags=["figures"])


@router.get("/v1/figures", dependencies=[needs("funds:read")])
async def list_figures(
    db: Db,
    today: Today,
    as_of: Annotated[date | None, Query(description="The day counted for; today when absent.")] = None,
) -> FigureList:
    """
    The fund account's part of the county briefing, counted from rows: contracts that a second person approved and
    that were signed on or before the day, and the instalments of their schedules.

    Where contracts differ in term, contribution or the year of their principal, the value is the interval "3..5".
    """
    on = as_of or today
    found = await queries.of_loans(db, on)
    loans = f"/v1/loans?signed_by={on}"
    contributions = f"/v1/instalments?kind=CONTRIBUTION&signed_by={on}"
    principals = f"/v1/instalments?kind=PRINCIPAL&signed_by={on}"
    yearly = agreed(set(found.yearly_contributions_fen))
    return FigureList(
        as_of=on,
        items=[
            figure("supported_enterprises", found.enterprises, "enterprise", zh="龙头企业", en="Supported enterprises",
                   href=f"/v1/supported-enterprises?signed_by={on}", rows=found.enterprises),
            money("loan_principal", found.principal_fen, zh="财政专项扶贫资金", en="Loan principal", href=loans,
                  rows=found.loans),
            figure("loan_term", agreed(set(found.terms)), "year", zh="使用期限", en="Loan term", href=loans,
                   rows=found.loans),
            money("annual_contribution_per_enterprise", yearly, zh="每年每个企业上缴",
                  en="Contribution per enterprise and year", href=contributions, rows=found.contributions)
            if isinstance(yearly, int)
            else figure("annual_contribution_per_enterprise", _yuan(found.yearly_contributions_fen), "CNY",
                        zh="每年每个企业上缴", en="Contribution per enterprise and year", href=contributions,
                        rows=found.contributions),
            money("contributions_over_term", found.contributions_fen, zh="五年上缴合计",
                  en="Contributions over the term", href=contributions, rows=found.contributions),
            figure("principal_returned_in_year", agreed(set(found.principal_years)), "year", zh="第五年一次性还本",
                   en="Year in which principal is returned", href=principals, rows=found.principals),
        ],
    )  # fmt: skip


def _yuan(amounts_fen: list[int]) -> str | None:
    """The interval between amounts that differ, in yuan; null without any."""
    if not amounts_fen:
        return None
    low, high = min(amounts_fen), max(amounts_fen)
    return f"{low // 100}.{low % 100:02}..{high // 100}.{high % 100:02}"
