from fupin.codelists import CodeList

PLAN_YEARS = 3  # 三年规划


class PlanState(CodeList):
    """规划状态 / State of a plan"""

    DRAFT = "DRAFT", "编制中", "Draft"
    SUBMITTED = "SUBMITTED", "待审定", "Submitted"
    APPROVED = "APPROVED", "已审定", "Approved"
    RETURNED = "RETURNED", "已退回", "Returned"
    SUPERSEDED = "SUPERSEDED", "已被新版取代", "Superseded by a newer edition"


class PlanMetric(CodeList):
    """规划指标 / What a plan's goals count, year by year"""

    PROJECTS_STARTED = "PROJECTS_STARTED", "开工项目（个）", "Projects started"
    PROJECTS_COMPLETED = "PROJECTS_COMPLETED", "完工项目（个）", "Projects completed"
    BUDGET_STARTED_FEN = "BUDGET_STARTED_FEN", "开工项目预算（分）", "Budget of projects started, in fen"
    VILLAGES_COVERED = "VILLAGES_COVERED", "开工项目覆盖村（个）", "Villages covered by projects started"
    HOUSEHOLDS_LINKED = "HOUSEHOLDS_LINKED", "利益联结农户（户）", "Households linked"
    HOUSEHOLD_INCOME_FEN = "HOUSEHOLD_INCOME_FEN", "农户实际收益（分）", "What households actually earned, in fen"
    PROJECT_INCOME_FEN = "PROJECT_INCOME_FEN", "项目收益（分）", "What projects earned, in fen"
