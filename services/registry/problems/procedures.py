"""Every way a procedure is refused."""

from fupin.problems import Problem


class ProcedureRunning(Problem):
    """A procedure of this kind is already running for the household."""

    status = 409
    zh = "该户已有一项同类程序正在办理。"
    constraint = "uq_procedure_running"


class ProcedureClosed(Problem):
    """The procedure has ended; nothing is added to it."""

    status = 409
    zh = "该程序已办结，不能再增加步骤。"
    constraint = "procedure_closed"


class StepOutOfOrder(Problem):
    """This step does not follow the one before it."""

    status = 409
    zh = "步骤次序不符：该步骤不能接在上一步骤之后。"
    constraint = "fk_procedure_step_after_step"


class StepBackdated(Problem):
    """A step cannot come before the day of the one before it."""

    status = 409
    zh = "后一步骤的日期不得早于前一步骤。"
    constraint = "procedure_step_order"


class StepNotYours(Problem):
    """This step is taken at a higher level, or by someone with another duty."""

    status = 403
    zh = "该步骤须由更高一级或负有相应职责的人员办理。"


class ApproverReviewed(Problem):
    """Whoever reviewed a household does not approve it: two different people."""

    status = 409
    zh = "审核人与审批人不得为同一人。"
    constraint = "ck_procedure_two_people"


class NoticeNotOver(Problem):
    """The notice has not been up for all its days."""

    status = 409
    zh = "公示期未满。"
    constraint = "procedure_notice_not_over"


class ObjectionUnanswered(Problem):
    """An objection has not been answered yet."""

    status = 409
    zh = "尚有异议未答复。"
    constraint = "procedure_objection_open"


class NoSuchObjection(Problem):
    """There is no open objection of this number."""

    status = 409
    zh = "没有该编号的未答复异议。"
    constraint = "procedure_no_such_objection"


class QuorumMissed(Problem):
    """Too few of those with a vote attended the democratic review."""

    status = 409
    zh = "参加民主评议的人数不足。"


class VoteDisagrees(Problem):
    """The outcome is not the one that was voted: more than half of those present must be in favour."""

    zh = "评议结果与票数不符：须经到会人员过半数同意。"


class ExitNotProven(Problem):
    """The household does not meet everything that leaving poverty takes; `errors` names what is missing."""

    status = 409
    zh = "该户尚未达到全部退出条件，errors 中逐项列出所缺内容。"


class MonitoringKindMismatch(Problem):
    """A household of this status is not monitored under this kind."""

    status = 409
    zh = "该户的当前状态与监测对象类别不符。"


class MeasuresOpen(Problem):
    """A risk is cleared only after measures, and when all of them have ended."""

    status = 409
    zh = "须先落实帮扶措施，且措施全部结束后方可消除风险。"


class ClearedTooEarly(Problem):
    """A risk is cleared only after the months of observation that the rule asks for."""

    status = 409
    zh = "未满规定的观察月数，不得消除风险。"


class PovertyLineKnown(Problem):
    """The poverty line of this year is already recorded."""

    status = 409
    zh = "该年度的贫困标准已登记。"
    constraint = "pk_poverty_line"


class NoNotice(Problem):
    """No notice has been posted in this procedure."""

    status = 409
    zh = "该程序尚未公示。"
