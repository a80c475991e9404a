"""Meetings, task forces, campaigns."""

from fupin.problems import Problem


class TaskForceStillAtWork(Problem):
    """A task force for this theme is already at work in those days."""

    status = 409
    zh = "该专项在此期间已有推进小组。"
    constraint = "ex_task_force_theme"


class SystemAlreadyInForce(Problem):
    """A working system of this kind is already in force in those days."""

    status = 409
    zh = "此期间该类工作制度已经施行。"
    constraint = "ex_working_system_kind"


class TaskForceMeetingNeedsItsTaskForce(Problem):
    """A task-force meeting names its task force, and no other meeting does."""

    status = 422
    zh = "专项推进例会须注明所属推进小组，其他会议不得注明。"
    constraint = "ck_meeting_task_force"


class NegotiationNeedsItsMatter(Problem):
    """A negotiation names its matter, and no other meeting does."""

    status = 422
    zh = "磋商须注明事项，其他会议不得注明。"
    constraint = "ck_meeting_matter"


class DoneBeforeTheMeeting(Problem):
    """An action item is neither due nor done before its meeting was held."""

    status = 422
    zh = "会议事项的期限和完成日期不得早于会议日期。"
    constraint = "ct_action_item_after_meeting"


class TipNumberTaken(Problem):
    """This year's work tip of that number has been issued."""

    status = 409
    zh = "本年度该期工作提示已经印发。"
    constraint = "uq_work_tip_division_code_year_issue_no"


class ActivityAlreadyInCampaign(Problem):
    """The campaign already has this activity."""

    status = 409
    zh = "该主题活动中已有此项活动。"
    constraint = "uq_campaign_activity_campaign_id_kind"


class MonthReported(Problem):
    """The task force has reported on this month."""

    status = 409
    zh = "该推进小组已报送本月进展。"
    constraint = "uq_task_force_report_task_force_id_month"


class TaskForceNotAtWork(Problem):
    """The task force was not at work in that month."""

    status = 409
    zh = "该推进小组当月未履职。"
    constraint = "ct_task_force_report_at_work"


class ReportedBeforeItsMonth(Problem):
    """A month is reported on when it has begun."""

    status = 422
    zh = "月报不得早于所报月份。"
    constraint = "ck_task_force_report_month"


class CampaignEndsBeforeItBegins(Problem):
    """A campaign ends on a later day than it was launched."""

    status = 422
    zh = "主题活动的结束日期须晚于启动日期。"
    constraint = "ck_campaign_days"
