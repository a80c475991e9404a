"""Sharing money among households."""

from fupin.problems import Problem
from services.funds.problems.ledger import SamePerson


class PaidTwice(Problem):
    """More would be paid on an instalment than it is."""

    status = 409
    zh = "分期款项的收款合计将超过应收金额。"
    constraint = "allocation_exceeds_instalment"


class NobodyToPay(Problem):
    """No poor household has a need to weigh."""

    status = 409
    zh = "没有可参与分配的贫困户需求。"


class PotBelowFloors(Problem):
    """The pot is smaller than everybody's floor together."""

    status = 409
    zh = "分配总额低于各户最低额之和。"


class PotAboveCaps(Problem):
    """The pot is larger than everybody's cap together."""

    status = 409
    zh = "分配总额高于各户最高额之和。"


class DistributionExists(Problem):
    """A distribution with this number exists in this year."""

    status = 409
    zh = "该年度该批次的分配已存在。"
    constraint = "uq_distribution_county_code_year_sequence"


class RuleRevisionExists(Problem):
    """Someone else added this revision of the rule a moment ago; look at it and try again."""

    status = 409
    zh = "该规则的此版本刚刚已被他人添加，请查看后重试。"
    constraint = "uq_distribution_rule_county_code_name_revision"


class SnapshotBroken(Problem):
    """The registry's rows are not those that its digest says; nothing was frozen."""

    status = 502
    zh = "登记服务返回的名单与其摘要不符，未作任何冻结。"


class OtherBatch(Problem):
    """The hash is not that of this batch: approve what you have seen."""

    status = 409
    zh = "批次校验值不符，请核对后再审批。"
    constraint = "ck_distribution_approval"


class SameChecker(SamePerson):
    """Whoever drafted the distribution cannot approve it."""

    zh = "经办人不能审批本人起草的分配方案。"
    constraint = "ck_distribution_two_persons"


class NoticeTooEarly(Problem):
    """A notice is not older than the day whose needs it shows."""

    status = 422
    zh = "公示日期不能早于需求核定日期。"
    constraint = "ck_distribution_notice_day"


class NoticeRunning(Problem):
    """The public notice has not run its days."""

    status = 409
    zh = "公示期尚未届满。"
    constraint = "ck_distribution_notice_ran"


class AlreadyRuled(Problem):
    """This objection was ruled on before."""

    status = 409
    zh = "该异议已有处理结论。"
    constraint = "pk_objection_ruling"


class AlreadyPosted(Problem):
    """The line was posted before."""

    status = 409
    zh = "该明细已入账。"
    constraint = "pk_posted_line"


class NotConserved(Problem):
    """What was allocated is not what was paid, given back or excluded; the distribution stays open."""

    status = 409
    zh = "分配总额与已发放、退回账户、已剔除金额之和不符，不能办结。"


class StillOpen(Problem):
    """Lines are still open: objections to rule on, lines to post or to pay."""

    status = 409
    zh = "仍有未处理的异议、未入账或未发放的明细。"
