from fupin.problems import Problem


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


class DocumentMissing(Problem):
    """This step needs a document of the kind named in `needs`: its number, or the paper attached."""

    status = 422
    zh = "该环节须提供 needs 所列类型的文件：填写文号或附上文件。"


class DocumentUntyped(Problem):
    """A document without a type: say of what kind it is."""

    status = 422
    zh = "文件未注明类型。"


class NoSuchAttachment(Problem):
    """The project has no such attachment, or its content was erased."""

    status = 409
    zh = "该项目没有此附件，或附件内容已删除。"
    constraint = "fk_project_document_attachment_id"


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


class ProjectEnded(Problem):
    """The project was rejected, withdrawn or closed; nothing is added to it."""

    status = 409
    zh = "项目已不予入库、出库或结项，不再增加内容。"
