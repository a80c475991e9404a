from fupin.problems import Problem


class PlanOpen(Problem):
    """An edition of this place's plan is still a draft or waits for its approval."""

    status = 409
    zh = "该地规划已有版本正在编制或待审定。"
    constraint = "uq_plan_open"


class PlanNotDraft(Problem):
    """Only a draft of a plan is written or submitted; begin a new edition."""

    status = 409
    zh = "只有编制中的规划可以修改或提交，请另编新版。"
    constraint = "plan_is_draft"


class PlanNotSubmitted(Problem):
    """Only a submitted plan is approved or returned."""

    status = 409
    zh = "只有待审定的规划可以审定或退回。"


class PlanEmpty(Problem):
    """A plan without goals is not submitted."""

    status = 409
    zh = "没有目标的规划不得提交。"


class PlanOwn(Problem):
    """A plan is decided by somebody who neither drew it up nor submitted it."""

    status = 403
    zh = "规划应由编制人、提交人以外的人员审定。"
    constraint = "ck_plan_two_persons"


class PlanSumsDiffer(Problem):
    """The goals are not the sums of the approved plans of the places below; `sums` says where."""

    status = 409
    zh = "规划目标与下级已审定规划之和不一致（见 sums）。"


class ProjectsOutside(Problem):
    """Some of these projects are not in the library, or lie outside the plan's place."""

    status = 409
    zh = "部分项目不在项目库中，或不在规划所属行政区划内。"


class GoalTwice(Problem):
    """The plan names the same goal twice for one year."""

    status = 409
    zh = "规划中同一年度的同一指标重复出现。"
    constraint = "uq_plan_goal_plan_id_metric_year"
