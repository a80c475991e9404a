"""Every way the registry refuses."""

from fupin.problems import Problem


class DivisionTaken(Problem):
    """A division with this code is already registered."""

    status = 409
    zh = "该行政区划代码已登记。"
    constraint = "pk_division"


class UnknownParent(Problem):
    """The division above is not registered."""

    zh = "上级行政区划未登记。"
    constraint = "fk_division_parent_code"


class LevelMismatch(Problem):
    """The code does not belong to a division of this level."""

    zh = "行政区划代码与级别不符。"
    constraint = "ck_division_level"


class StateBackdated(Problem):
    """The division's state already holds from a later day; a state begins no earlier than the one before it."""

    status = 409
    zh = "该行政区划已有更晚日期的状态，新状态的日期不得早于它。"


class UnknownDivision(Problem):
    """The village is not registered."""

    zh = "该村未登记。"
    constraint = "fk_household_division_code"


class NotAVillage(Problem):
    """A household stands in a village, not in a town or county."""

    zh = "户须登记在村，而不是镇或县。"
    constraint = "ck_household_village"


class HouseholdNoTaken(Problem):
    """Another household of the county has this number."""

    status = 409
    zh = "该户编号在本县已被使用。"
    constraint = "uq_household_county_code_household_no"


class CausesRepeat(Problem):
    """The causes must differ from each other: one main cause and at most two others."""

    zh = "致贫原因不得重复：一个主要原因，其他原因至多两个。"
    constraint = "ck_household_causes"


class StatusNotReachable(Problem):
    """A household cannot pass from its present status to this one."""

    status = 409
    zh = "该户的当前状态不能变更为此状态。"
    constraint = "fk_household_status_from_status"


class StatusBackdated(Problem):
    """The household entered its present status on a later day; the next step cannot come before it."""

    status = 409
    zh = "该户的当前状态始于更晚的日期，后一步不得早于前一步。"
    constraint = "ck_household_status_order"


class PersonRegistered(Problem):
    """A living person with this ID number is already registered in the county."""

    status = 409
    zh = "该公民身份号码已在本县登记。"
    constraint = "uq_member_id_number"


class SecondHead(Problem):
    """The household already has a head."""

    status = 409
    zh = "该户已有户主。"
    constraint = "uq_member_head"


class IncomeRecorded(Problem):
    """The household's income of this year is already recorded."""

    status = 409
    zh = "该户该年度的收入已登记。"
    constraint = "pk_household_income"


class HelperTaken(Problem):
    """The department already has a helper of this name."""

    status = 409
    zh = "该单位已有同名帮扶干部。"
    constraint = "uq_helper_county_code_department_name"


class UnknownHelper(Problem):
    """The helper is not registered."""

    zh = "该帮扶干部未登记。"
    constraint = "fk_helper_assignment_helper_id"


class TwoResponsibleHelpers(Problem):
    """On some of these days the household already has a responsible helper."""

    status = 409
    zh = "在所述日期内，该户已有包保责任人。"
    constraint = "ex_helper_assignment_responsible"


class AssignmentRepeated(Problem):
    """This helper is already assigned to the household from that day."""

    status = 409
    zh = "该帮扶干部自该日起已包保此户。"
    constraint = "uq_helper_assignment_helper_id_household_id_from_on"


class LetterSigned(Problem):
    """This responsibility letter of the year has already been signed."""

    status = 409
    zh = "该年度的这份责任书已经签订。"
    constraint = "uq_responsibility_letter_year_level_division_code_helper_id"


class BrokenChain(Problem):
    """A letter below the county's answers one above it; only the county's own has none above."""

    zh = "镇以下责任书须对应上一级责任书；市与镇的责任书没有上级。"
    constraint = "ck_responsibility_letter_chain"


class UnknownPathway(Problem):
    """There is no such pathway out of poverty."""

    zh = "没有这条脱贫路径。"
    constraint = "fk_household_pathway_pathway"


class PathwayOverlaps(Problem):
    """On some of these days the household is already on this pathway."""

    status = 409
    zh = "在所述日期内，该户已安排这条脱贫路径。"
    constraint = "uq_household_pathway_once"


class UnknownProject(Problem):
    """The project library has no such project."""

    zh = "项目库中没有该项目。"


class GuaranteeChecked(Problem):
    """This guarantee has already been checked for the household and year."""

    status = 409
    zh = "该户该年度的这一项保障已核查。"
    constraint = "uq_guarantee_check_household_id_year_item"


class RowsRefused(Problem):
    """Rows of the file are bad, so nothing of it was taken; the errors say which cells and why."""

    zh = "文件中有错误的行，未导入任何内容；错误清单列出了单元格和原因。"


class UploadDiscarded(Problem):
    """The file itself is no longer kept; its errors still are."""

    status = 410
    zh = "该文件已不再保留，但错误清单仍可查询。"


class NotYourFile(Problem):
    """A file with personal data goes back only to the person who sent it."""

    status = 403
    zh = "含有个人信息的文件只能由上传者本人取回。"


class RosterFrozen(Problem):
    """The roster is complete; its rows no longer change."""

    status = 409
    zh = "台账已载入完毕，其内容不再变更。"
    constraint = "roster_frozen"


class RosterNotReady(Problem):
    """The roster is still being loaded, or its file was refused."""

    status = 409
    zh = "台账尚未载入完毕，或其文件未被接受。"


class UnknownRoster(Problem):
    """A roster named here does not exist, or is not in your division."""

    zh = "所列台账不存在，或不在您的行政区划内。"


class ComparisonFrozen(Problem):
    """The comparison is signed off; nothing of it changes any more."""

    status = 409
    zh = "比对已核定，不再变更。"
    constraint = "comparison_frozen"


class ComparisonNotOpen(Problem):
    """The comparison has not been classified yet."""

    status = 409
    zh = "比对尚未完成归类。"


class ComparisonNotSignedOff(Problem):
    """The next roster comes from a comparison that is signed off."""

    status = 409
    zh = "须先核定比对，才能生成新台账。"


class ConflictsOpen(Problem):
    """Contradictory rows are still undecided; a person decides them before sign-off."""

    status = 409
    zh = "仍有待核的矛盾行，须由人逐一判定后才能核定。"
    constraint = "ck_comparison_no_conflict"


class SumsDisagree(Problem):
    """The comparison does not account for every row of its base roster; it cannot be signed off."""

    status = 409
    zh = "比对结果与原台账行数不平衡，不能核定。"
    constraint = "ck_comparison_base_sum"


class NotInConflict(Problem):
    """The row is not contradictory, or has already been decided."""

    status = 409
    zh = "该行没有矛盾，或已经判定。"


class OutcomeImpossible(Problem):
    """A row of the base roster is kept, removed or set apart; a row of the newer one alone is added or dropped."""

    zh = "原台账中的行只能判为符合、清退或另作新增；只在新数据中的行只能判为新增或不纳入。"


class NextRosterDisagrees(Problem):
    """The next roster does not hold exactly the rows its comparison gives."""

    status = 409
    zh = "新台账与比对给出的行数不一致。"
    constraint = "next_roster_sum"


class ReviewClosed(Problem):
    """The item has already been closed."""

    status = 409
    zh = "该待核事项已办结。"
