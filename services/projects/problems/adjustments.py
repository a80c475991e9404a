from fupin.problems import Problem


class NotDrafted(Problem):
    """The adjustment has been reviewed; its list of projects no longer changes."""

    status = 409
    zh = "动态调整已审核，项目清单不得再变动。"
    constraint = "adjustment_item_drafted"


class NothingToAdjust(Problem):
    """The adjustment lists no project."""

    status = 409
    zh = "动态调整清单中没有项目。"
    constraint = "adjustment_step_with_items"


class AdjustedAlready(Problem):
    """One of these projects already stands in an adjustment that has not been applied."""

    status = 409
    zh = "其中有项目已列入尚未办结的动态调整。"
    constraint = "uq_adjustment_item_open"


class NotAdjustable(Problem):
    """Projects in this state cannot be adjusted that way; `begins_in` says in which they can."""

    status = 409
    zh = "项目当前状态不能作此调整，begins_in 列出可调整的状态。"
