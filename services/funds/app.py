from fastapi import FastAPI

from fupin.app import service
from services.funds import jobs as jobs  # its chore registers itself
from services.funds.codes import CODE_LISTS
from services.funds.routes import ROUTERS

TAGS = (
    {"name": "accounts", "description": "The chart of accounts, statements, balances, trial balance. 科目与余额。"},
    {"name": "journals", "description": "Transfers, journals, reversals, seals. 凭证、冲销与封签。"},
    {"name": "loans", "description": "Loan contracts, their schedules, reconciliation. 借款合同与分期。"},
    {"name": "receipts", "description": "Money received and what it paid. 收款与核销。"},
    {"name": "bank", "description": "The bank's statements and what each line is. 银行对账与匹配。"},
    {"name": "distributions", "description": "Money by need, from rule to household. 按需分配。"},
    {"name": "payouts", "description": "Files for the bank, its answers, what was paid. 一卡通代发与回盘。"},
    {"name": "appropriations", "description": "Granted money, its uses, what was spent, alarms. 指标与支出进度。"},
    {"name": "incomes", "description": "Income from others: photovoltaic, dividends, donations. 收入与捐赠。"},
    {"name": "lineage", "description": "Which money reached which household. 资金溯源。"},
    {"name": "notes", "description": "What inspections found about money. 督查提示。"},
    {"name": "sheets", "description": "Statements and notices on paper. 打印。"},
    {"name": "exports", "description": "Any list as CSV, workbook or JSON lines. 导出。"},
    {"name": "figures", "description": "The fund account's part of the county briefing. 简报数字。"},
)


def create_app() -> FastAPI:
    return service(
        "funds",
        title="Fund-sharing account",
        description="The shared account (市扶贫项目共享资金账户) and all that moves money. All money is whole fen.",
        routers=ROUTERS,
        code_lists=CODE_LISTS,
        tags=TAGS,
    )


def main() -> FastAPI:
    """For `uvicorn --factory services.funds.app:main`."""
    return create_app()
