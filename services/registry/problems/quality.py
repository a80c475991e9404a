"""How quality findings, appraisals and records of support are refused."""

from fupin.problems import Problem


class FindingNotOpen(Problem):
    """The finding is closed or already excused."""

    status = 409
    zh = "该疑点已消除或已说明。"


class UnknownRule(Problem):
    """There is no quality rule of this number."""

    zh = "没有这一编号的质量规则。"


class AppraisedAlready(Problem):
    """The cadre, or the department, already has a mark of this year."""

    status = 409
    zh = "该干部或单位本年度已有考核结果。"
    constraint = "uq_appraisal_county_code_year_department_helper_id"


class OwnAppraisal(Problem):
    """Nobody appraises himself: a cadre is appraised by another person, a department by another body."""

    status = 409
    zh = "不得自我考核：干部须由他人考核，单位须由其他单位考核。"
    constraint = "ck_appraisal_own"


class UnknownVillageItem(Problem):
    """There is no such item that a village must have."""

    zh = "没有这一项村级达标内容。"
    constraint = "fk_village_fact_item"


class VillageFactRecorded(Problem):
    """The item is already recorded for the village from that day."""

    status = 409
    zh = "该村的这一项自该日起已有记录。"
    constraint = "uq_village_fact_division_code_item_from_on"
