from fupin.problems import Problem


class ProjectNumberTaken(Problem):
    """The county has already given this project number to another project."""

    status = 409
    zh = "该项目编号在本县已被使用。"
    constraint = "uq_project_county_code_project_no"


class FundedTwice(Problem):
    """The budget names the same funding source twice."""

    status = 409
    zh = "预算中同一资金来源重复出现。"
    constraint = "uq_project_budget_project_id_source"


class MetricTwice(Problem):
    """The performance targets name the same metric twice."""

    status = 409
    zh = "绩效目标中同一指标重复出现。"
    constraint = "uq_performance_target_project_id_metric"


class NotEditable(Problem):
    """After the county has approved a project, its declaration, budget and targets are no longer edited."""

    status = 409
    zh = "项目经县级审定后，申报内容、预算和绩效目标不得再修改。"


class DoubleFunded(Problem):
    """The same project is already in the library, paid by the same public source at the same time."""

    status = 409
    zh = "项目库中已有同一项目，且同期使用同一财政资金来源（重复申报资金）。"
