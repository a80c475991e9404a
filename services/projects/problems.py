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


class DoubleFunded(Problem):
    """The same project is already in the library, paid by the same public source at the same time."""

    status = 409
    zh = "项目库中已有同一项目，且同期使用同一财政资金来源（重复申报资金）。"


class SheetRefused(Problem):
    """Rows of the sheet are bad, so nothing of it was taken; the errors say which cells and why."""

    status = 422
    zh = "申报表中有错误的行，全部未导入；错误清单列出了单元格和原因。"


class SheetOfOther(Problem):
    """Only who sent a sheet gets it back."""

    status = 403
    zh = "申报表只返还给上传者本人。"


class SheetDiscarded(Problem):
    """The sheet is no longer kept."""

    status = 410
    zh = "申报表已不再保存。"


class NotDrafted(Problem):
    """The adjustment has been reviewed; its list of projects no longer changes."""

    status = 409
    zh = "动态调整已审核，项目清单不得再变动。"
    constraint = "adjustment_item_drafted"


class NothingToAdjust(Problem):
    """The adjustment lists no project."""

    status = 409
    zh = "动态调整清单中没有项目。"
    constraint = "adjustment_step_with_items"


class AdjustedAlready(Problem):
    """One of these projects already stands in an adjustment that has not been applied."""

    status = 409
    zh = "其中有项目已列入尚未办结的动态调整。"
    constraint = "uq_adjustment_item_open"


class NotAdjustable(Problem):
    """Projects in this state cannot be adjusted that way; `begins_in` says in which they can."""

    status = 409
    zh = "项目当前状态不能作此调整，begins_in 列出可调整的状态。"


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


class NotAdmitted(Problem):
    """Only a project of the library that is admitted or being implemented is put out to tender and contracted."""

    status = 409
    zh = "只有已入库或正在实施的项目才能招标和签订合同。"


class TenderNumberTaken(Problem):
    """The county has already given this tender number to another tender."""

    status = 409
    zh = "该招标编号在本县已被使用。"
    constraint = "uq_tender_county_code_tender_no"


class LotTwice(Problem):
    """The tender names the same lot twice."""

    status = 409
    zh = "招标中同一标段重复出现。"
    constraint = "uq_tender_lot_tender_id_lot_no"


class TenderClosed(Problem):
    """This lot is awarded, or its tender has ended without an award."""

    status = 409
    zh = "该标段已定标，或该招标已终止。"
    constraint = "bid_while_open"


class TenderAwarded(Problem):
    """A lot of this tender is already awarded; it no longer ends without an award."""

    status = 409
    zh = "该招标已有标段定标，不能再流标或终止。"
    constraint = "tender_end_unawarded"


class BidsOpened(Problem):
    """Bids of this tender have been opened; its opening is no longer moved."""

    status = 409
    zh = "该招标已开标，不能再变更开标日期。"
    constraint = "tender_opening_unbegun"


class TenderDays(Problem):
    """Bids are opened after the tender is posted, and a tender ends after it is posted."""

    status = 422
    zh = "开标日期和终止日期均不得早于挂标日期。"
    constraint = "ck_tender_days"


class OutsideOpening(Problem):
    """Bids are opened on the days the tender says."""

    status = 409
    zh = "开标日期不在招标公告所定的开标日期内。"
    constraint = "bid_on_opening_days"


class AboveCeiling(Problem):
    """The bid asks for more than the ceiling of the lot."""

    status = 409
    zh = "报价超过该标段的最高限价。"
    constraint = "bid_within_ceiling"


class BidTwice(Problem):
    """This enterprise has already bid for the lot."""

    status = 409
    zh = "该企业对该标段已有投标。"
    constraint = "uq_bid_lot_id_enterprise_id"


class NoSuchBidder(Problem):
    """The bidding enterprise is not recorded here."""

    status = 409
    zh = "未登记该投标企业。"
    constraint = "fk_bid_enterprise_id"


class NotABidder(Problem):
    """A lot is awarded only to a bid that was opened for it."""

    status = 409
    zh = "只能向对该标段投标的企业定标。"
    constraint = "fk_award_bid"


class LotAwarded(Problem):
    """This lot is already awarded."""

    status = 409
    zh = "该标段已定标。"
    constraint = "uq_award_lot_id"


class DaysBackwards(Problem):
    """A step of procurement cannot be dated before the one it rests on."""

    status = 409
    zh = "采购环节的日期不得早于其所依据的上一环节。"
    constraint = "procurement_days_ascend"


class NoSuchAward(Problem):
    """A contract is signed only on an award."""

    status = 409
    zh = "未定标的不得签订合同。"
    constraint = "fk_contract_award_id"


class ContractSigned(Problem):
    """The contract on this award is already signed."""

    status = 409
    zh = "该中标结果已签订合同。"
    constraint = "uq_contract_award_id"


class ContractNumberTaken(Problem):
    """The county has already given this contract number to another contract."""

    status = 409
    zh = "该合同编号在本县已被使用。"
    constraint = "uq_contract_county_code_contract_no"


class OverBudget(Problem):
    """The project's contracts would exceed its budget; an amendment may, if it names the approval of the budget."""

    status = 409
    zh = "项目合同总额将超过项目预算；变更合同须注明预算调整批复文号。"
    constraint = "contract_within_budget"


class MoreThanContracted(Problem):
    """The payments on a contract would exceed its price."""

    status = 409
    zh = "合同付款总额将超过合同价款。"
    constraint = "contract_payment_within_contract"


class PaymentTaken(Problem):
    """One of these expenditures is already recorded on a contract."""

    status = 409
    zh = "其中的支出已记入合同。"
    constraint = "uq_contract_payment_entry_id"


class NotAPayment(Problem):
    """Some of these entries of the county's books are not expenditures for this project, or were undone."""

    status = 409
    zh = "其中的记录不是本项目的支出，或已被冲销。"


class CountyBooks(Problem):
    """Payments stand in the county's books, which are shown to those who act for the whole county."""

    status = 403
    zh = "付款记录属于县级账目，仅向县级人员提供。"


class NotRefused(Problem):
    """Only an income report that the account refused is corrected, and only once."""

    status = 409
    zh = "只有被共享账户退回的收益填报才能更正，且只能更正一次。"
    constraint = "uq_income_report_corrects_id"


class LinkIncomeRecorded(Problem):
    """What the household earned by this link in this year is already recorded."""

    status = 409
    zh = "该利益联结本年度的实际收益已登记。"
    constraint = "uq_link_income_link_id_year"


class YearOutside(Problem):
    """The link does not hold in this year, or the year has not begun."""

    status = 409
    zh = "该年度不在利益联结有效期内，或尚未开始。"


class NoLinkageRun(Problem):
    """Pathways and links have not been compared for this day and the whole of your division; begin a run."""

    status = 409
    zh = "尚无覆盖本行政区划且截至该日的利益联结核对结果，请先发起核对。"


class UnknownDivisions(Problem):
    """Some of these divisions are not in the registry, or are outside your division."""

    status = 409
    zh = "部分行政区划在登记库中不存在，或不在您的行政区划范围内。"


class PlanOpen(Problem):
    """An edition of this place's plan is still a draft or waits for its approval."""

    status = 409
    zh = "该地规划已有版本正在编制或待审定。"
    constraint = "uq_plan_open"


class PlanNotDraft(Problem):
    """Only a draft of a plan is written or submitted; begin a new edition."""

    status = 409
    zh = "只有编制中的规划可以修改或提交，请另编新版。"
    constraint = "plan_is_draft"


class PlanNotSubmitted(Problem):
    """Only a submitted plan is approved or returned."""

    status = 409
    zh = "只有待审定的规划可以审定或退回。"


class PlanEmpty(Problem):
    """A plan without goals is not submitted."""

    status = 409
    zh = "没有目标的规划不得提交。"


class PlanOwn(Problem):
    """A plan is decided by somebody who neither drew it up nor submitted it."""

    status = 403
    zh = "规划应由编制人、提交人以外的人员审定。"
    constraint = "ck_plan_two_persons"


class PlanSumsDiffer(Problem):
    """The goals are not the sums of the approved plans of the places below; `sums` says where."""

    status = 409
    zh = "规划目标与下级已审定规划之和不一致（见 sums）。"


class ProjectsOutside(Problem):
    """Some of these projects are not in the library, or lie outside the plan's place."""

    status = 409
    zh = "部分项目不在项目库中，或不在规划所属行政区划内。"


class GoalTwice(Problem):
    """The plan names the same goal twice for one year."""

    status = 409
    zh = "规划中同一年度的同一指标重复出现。"
    constraint = "uq_plan_goal_plan_id_metric_year"
