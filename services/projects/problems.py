"""Every way the project library refuses, by name."""

from fupin.problems import Problem


class EnterpriseKnown(Problem):
    """An enterprise with this unified social credit code is already recorded."""

    status = 409
    zh = "该统一社会信用代码的经营主体已登记。"
    constraint = "uq_enterprise_uscc"


class NoSuchEnterprise(Problem):
    """The implementing enterprise is not recorded here."""

    status = 409
    zh = "未登记该实施企业。"
    constraint = "fk_project_enterprise_id"


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


class WrongRole(Problem):
    """This step of the library is taken by another role or at another level."""

    status = 403
    zh = "该入库环节应由其他角色或其他层级办理。"


class WrongOrder(Problem):
    """The project does not stand where this step begins."""

    status = 409
    zh = "项目当前状态不能办理该环节。"
    constraint = "ck_project_step_order"


class StepBeforeLast(Problem):
    """A step cannot be dated before the step it follows."""

    status = 409
    zh = "办理日期不得早于上一环节的日期。"
    constraint = "project_step_dates_ascend"


class DayInFuture(Problem):
    """What is recorded as done cannot be dated after today."""

    status = 422
    zh = "已办理事项的日期不得晚于今天。"


class OpinionMissing(Problem):
    """This step needs a written opinion: the experts' view, or the reason for the refusal."""

    status = 422
    zh = "该环节须填写意见：专家论证意见或退回、不予入库的理由。"
    constraint = "ck_project_step_opinion"


class FilingMissing(Problem):
    """Leaving the library needs the number of the filing."""

    status = 422
    zh = "项目出库须填写备案文号。"
    constraint = "ck_project_step_filing"


class NoticeRunning(Problem):
    """The public notice has not run its days."""

    status = 409
    zh = "公示期尚未届满。"
    constraint = "project_step_after_notice"


class TargetMissing(Problem):
    """A project without performance targets is not admitted."""

    status = 409
    zh = "未设定绩效目标的项目不得入库。"
    constraint = "project_step_with_target"


class ObjectionOpen(Problem):
    """An objection to the public notice has not been resolved."""

    status = 409
    zh = "公示期间的异议尚未处理完毕。"
    constraint = "project_step_objection_open"


class ObjectionUpheld(Problem):
    """An objection to the public notice was upheld; the project can only be returned or rejected."""

    status = 409
    zh = "公示期间的异议成立，项目只能退回或不予入库。"
    constraint = "project_step_objection_upheld"


class NoNoticeRunning(Problem):
    """Objections are raised while the project's public notice runs."""

    status = 409
    zh = "异议应在项目公示期内提出。"


class ObjectionResolved(Problem):
    """This objection has already been resolved."""

    status = 409
    zh = "该异议已处理。"


class WrongMilestone(Problem):
    """Projects of this category have no such milestone."""

    status = 409
    zh = "该类别项目没有此里程碑。"


class MilestonePlanned(Problem):
    """The project already has a milestone of this kind."""

    status = 409
    zh = "该项目已有此里程碑。"
    constraint = "uq_milestone_project_id_kind"


class MilestoneReached(Problem):
    """This milestone has already been reached."""

    status = 409
    zh = "该里程碑已完成。"


class VillageCovered(Problem):
    """The project already covers one of these villages for this purpose."""

    status = 409
    zh = "该项目已按此内容覆盖其中的村。"
    constraint = "uq_project_village_project_id_division_code_purpose"


class ProjectEnded(Problem):
    """The project was rejected, withdrawn or closed; nothing is added to it."""

    status = 409
    zh = "项目已不予入库、出库或结项，不再增加内容。"


class UnknownHouseholds(Problem):
    """Some of these households are not in the registry, or are outside your division."""

    status = 409
    zh = "部分农户在登记库中不存在，或不在您的行政区划范围内。"


class LinkedAlready(Problem):
    """A household is already linked to this project in the same way at the same time."""

    status = 409
    zh = "同一时间该农户已以相同方式与该项目建立利益联结。"
    constraint = "ex_beneficiary_link_overlap"


class NotOperating(Problem):
    """Only an operating project reports income."""

    status = 409
    zh = "只有处于运营收益状态的项目才能填报收益。"


class PeriodReported(Problem):
    """The project has already reported income for part of this period."""

    status = 409
    zh = "该项目在此期间内已填报收益。"
    constraint = "ex_income_report_overlap"
