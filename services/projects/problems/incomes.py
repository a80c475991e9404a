from fupin.problems import Problem


class NotOperating(Problem):
    """Only an operating project reports income."""

    status = 409
    zh = "只有处于运营收益状态的项目才能填报收益。"


class PeriodReported(Problem):
    """The project has already reported income for part of this period."""

    status = 409
    zh = "该项目在此期间内已填报收益。"
    constraint = "ex_income_report_overlap"


class NotRefused(Problem):
    """Only an income report that the account refused is corrected, and only once."""

    status = 409
    zh = "只有被共享账户退回的收益填报才能更正，且只能更正一次。"
    constraint = "uq_income_report_corrects_id"
