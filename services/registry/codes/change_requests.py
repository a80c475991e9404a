from fupin.codelists import CodeList


class ChangeKind(CodeList):
    """变更类别 / What a change request proposes"""

    HOUSEHOLD = "HOUSEHOLD", "户信息变更", "Change of a household"
    MEMBER = "MEMBER", "成员信息变更", "Change of a member"
    ADD_MEMBER = "ADD_MEMBER", "新增成员", "New member"
    REMOVE_MEMBER = "REMOVE_MEMBER", "减少成员", "Member gone or dead"
    MERGE = "MERGE", "并户", "Two households become one"
    SPLIT = "SPLIT", "分户", "One household becomes two"
    TRANSFER = "TRANSFER", "迁移", "Move to another village"


class ChangeState(CodeList):
    """变更申请状态 / State of a change request"""

    SUBMITTED = "SUBMITTED", "已提交", "Submitted"
    TOWN_REVIEWED = "TOWN_REVIEWED", "镇已审核", "Reviewed by the town"
    RETURNED = "RETURNED", "已退回", "Returned: the record has changed since"
    APPROVED = "APPROVED", "县已批准", "Approved and applied"
    REFUSED = "REFUSED", "不予批准", "Refused"
    WITHDRAWN = "WITHDRAWN", "已撤回", "Withdrawn by the submitter"


class LineageKind(CodeList):
    """户的承继 / How one household came out of another"""

    MERGED = "MERGED", "并入", "Merged into"
    SPLIT = "SPLIT", "分出", "Split off"
