"""Findings and their rectification."""

from fupin.problems import Problem


class NotTheNextStep(Problem):
    """This step cannot follow the finding's last one, or lies before it."""

    status = 409
    zh = "问题整改的当前状态下不能进行此步骤，或日期早于上一步。"
    constraint = "ct_finding_step_in_order"


class SomebodyWasFaster(Problem):
    """Somebody took a step meanwhile; look at the finding again."""

    status = 409
    zh = "他人已先行办理，请重新查看该问题。"
    constraint = "uq_finding_step_finding_id_seq"


class DueBeforeFound(Problem):
    """A deadline is not earlier than the day it is set."""

    status = 422
    zh = "整改期限不得早于提出之日。"
    constraint = "ct_finding_step_deadline"


class ExtensionOutOfOrder(Problem):
    """One extension at a time is asked for, to a later day than the deadline, and then decided on."""

    status = 409
    zh = "延期须逐次申请，且须晚于现有期限；有未决申请方可审批。"
    constraint = "ct_finding_step_extension"


class NotOnOnesOwn(Problem):
    """Whoever asked for or reported something does not decide on it or check it."""

    status = 409
    zh = "申请人或报告人不得自行审批或复查。"
    constraint = "ct_finding_step_second"


class EvidenceMissing(Problem):
    """What was put right is reported with evidence attached to the finding."""

    status = 409
    zh = "报告整改须先上传佐证材料。"
    constraint = "ct_finding_step_evidence"


class FoundByThisTeam(Problem):
    """Another team than the one that found it checks again."""

    status = 409
    zh = "须由提出问题以外的工作队复查。"
    constraint = "ct_finding_step_other_team"


class RecheckTeamAtHome(Problem):
    """The team that checks again is at work that day and not at home there."""

    status = 409
    zh = "复查工作队须在履职期间，且不得复查本地。"
    constraint = "ct_finding_step_team_place"


class SubjectMissing(Problem):
    """A finding on a household or a project names it, one on a village does not."""

    status = 422
    zh = "关于户或项目的问题须注明对象，关于村的问题不得注明。"
    constraint = "ck_finding_subject"


class EscalationRuleThere(Problem):
    """This level has a rule from that day on already."""

    status = 409
    zh = "该级别自该日起已有规定。"
    constraint = "uq_escalation_rule_division_code_level_valid_from"


class SentAlready(Problem):
    """The other service was sent this finding and has not refused it."""

    status = 409
    zh = "该问题已转送，且未被拒绝。"
    constraint = "ux_finding_link_live"


class NotAboutAHousehold(Problem):
    """Only a finding on a household proposes a change of it."""

    status = 409
    zh = "只有关于户的问题可以提出户信息变更。"


class ReportTooLong(Problem):
    """A printed report lists at most so many findings (`most`); ask for the list as a workbook."""

    status = 409
    zh = "报告所列问题超过上限（见 most），请改为导出清单。"
