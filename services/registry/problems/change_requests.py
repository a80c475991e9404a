"""Refusals of change requests, of moves they bring about, and of division mergers."""

from fupin.problems import Problem


class ChangeNotInOrder(Problem):
    """The request is not in a state from which this step can be taken."""

    status = 409
    zh = "该申请的当前状态不能进行此步骤。"
    constraint = "ck_change_request_order"


class TwoPeopleNeeded(Problem):
    """Whoever submitted or reviewed a change request does not decide it: somebody else must."""

    status = 409
    zh = "变更申请的提交人和审核人不得自行审批，须由他人决定。"
    constraint = "ck_change_request_two_people"


class NotYourRequest(Problem):
    """Only whoever submitted the request withdraws it or submits it again."""

    status = 403
    zh = "只有提交人本人可以撤回或重新提交该申请。"
    constraint = "ck_change_request_submitter"


class NotTheActor(Problem):
    """A step of a change request is recorded under the name of whoever takes it."""

    status = 409
    zh = "变更申请的每一步只能记在办理人本人名下。"
    constraint = "ck_change_request_actor"


class ReceivingTownReviews(Problem):
    """A move to another village is reviewed by the town that receives the household."""

    status = 409
    zh = "迁往他村的申请由接收户的镇审核。"
    constraint = "ck_change_request_receiver"


class ChangeRequestOutdated(Problem):
    """The record has changed since the request was made; it went back to its submitter, nothing was applied."""

    status = 409
    zh = "提交申请之后该记录已被修改，申请已退回提交人，未作任何变更。"


class UnknownTargetVillage(Problem):
    """The village the household would move to is not registered."""

    zh = "迁入村未登记。"
    constraint = "fk_change_request_to_division_code"


class SameVillage(Problem):
    """The household already stands in that village."""

    status = 409
    zh = "该户已在该村。"


class AnotherCounty(Problem):
    """A household moves, and villages merge, within one county; beyond it the household is registered anew there."""

    zh = "迁移与合并限于本县，跨县须在迁入地重新登记。"
    constraint = "ck_change_request_county_to"


class DivisionEnded(Problem):
    """The division does not exist on that day: it begins later or has been merged into another."""

    status = 409
    zh = "该行政区划在该日尚未设立或已并入其他区划。"
    constraint = "household_division_ended"


class HouseholdGone(Problem):
    """The household is cancelled or removed from the register."""

    status = 409
    zh = "该户已注销或清退。"


class MoveBackdated(Problem):
    """The household or one of its members has moved or joined on a later day; a move cannot come before it."""

    status = 409
    zh = "该户或其成员有更晚日期的迁移或加入记录，本次变更不得早于它。"


class MembersDisagree(Problem):
    """The members named are not those who now belong to the household."""

    zh = "所列成员与该户现有成员不符。"


class HeadsDisagree(Problem):
    """After the change each household must have exactly one head."""

    zh = "变更后每户须有且只有一名户主。"


class OpenTransfers(Problem):
    """Households are still asked to be moved from or to one of these villages; decide those requests first."""

    status = 409
    zh = "这些村仍有未办结的迁移申请，须先办结。"


class VillagesOnly(Problem):
    """Villages are merged into a village; none of them twice, none into itself."""

    zh = "合并的各方须为村，不得重复，也不得并入自身。"
    constraint = "ck_division_merger_villages"
