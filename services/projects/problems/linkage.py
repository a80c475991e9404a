from fupin.problems import Problem


class UnknownHouseholds(Problem):
    """Some of these households are not in the registry, or are outside your division."""

    status = 409
    zh = "部分农户在登记库中不存在，或不在您的行政区划范围内。"


class LinkedAlready(Problem):
    """A household is already linked to this project in the same way at the same time."""

    status = 409
    zh = "同一时间该农户已以相同方式与该项目建立利益联结。"
    constraint = "ex_beneficiary_link_overlap"


class LinkIncomeRecorded(Problem):
    """What the household earned by this link in this year is already recorded."""

    status = 409
    zh = "该利益联结本年度的实际收益已登记。"
    constraint = "uq_link_income_link_id_year"


class YearOutside(Problem):
    """The link does not hold in this year, or the year has not begun."""

    status = 409
    zh = "该年度不在利益联结有效期内，或尚未开始。"


class NoLinkageRun(Problem):
    """Pathways and links have not been compared for this day and the whole of your division; begin a run."""

    status = 409
    zh = "尚无覆盖本行政区划且截至该日的利益联结核对结果，请先发起核对。"
