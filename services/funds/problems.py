"""Every way in which funds refuses."""

from fupin.problems import Problem

# --- ledger


class ShortOfFunds(Problem):
    """The account holds less than what is to be taken from it, promised money not counted."""

    status = 409
    zh = "账户可用余额不足（已冻结部分不计）。"
    constraint = "ck_balance_overdraft"


class AccountFull(Problem):
    """The account would hold more than it may."""

    status = 409
    zh = "账户余额将超过上限。"
    constraint = "ck_balance_ceiling"


class NoSuchAccount(Problem):
    """An account is unknown in this county, or closed."""

    status = 422
    zh = "科目不存在或已关闭。"
    constraint = "journal_account"


class SameAccount(Problem):
    """Debit and credit are the same account."""

    status = 422
    zh = "借方与贷方不能是同一科目。"
    constraint = "ck_posting_two_accounts"


class AmountOutOfRange(Problem):
    """A single amount is from 1 fen to 10 trillion yuan."""

    status = 422
    zh = "单笔金额须在 1 分至 10 万亿元之间。"
    constraint = "ck_posting_amount"


class ManagedAccount(Problem):
    """This account is posted to by its documents (loans, receipts, distributions), never by a hand-made transfer."""

    status = 409
    zh = "该科目由单据自动记账，不能手工转账。"


class JournalKeyReused(Problem):
    """The key was used before for a different journal."""

    status = 422
    zh = "该幂等键已用于另一凭证。"
    constraint = "journal_key_reused"


class FutureDate(Problem):
    """Money is booked on the day it moved or later, never ahead of it."""

    status = 422
    zh = "记账日期不能晚于今天。"
    constraint = "ck_journal_not_future"


class AlreadyReversed(Problem):
    """This journal was reversed before."""

    status = 409
    zh = "该凭证已被冲销。"
    constraint = "uq_journal_reverses"


class BelongsToDocument(Problem):
    """This journal was written by a document; it is undone there, not here."""

    status = 409
    zh = "该凭证由单据生成，请在相应单据中撤销。"


class AccountInUse(Problem):
    """An account is closed only when it is empty, with nothing promised from it."""

    status = 409
    zh = "科目余额或冻结金额不为零，不能关闭。"


class AccountExists(Problem):
    """An account with this code exists and is of another kind or name."""

    status = 409
    zh = "已存在同代码但类别或名称不同的科目。"


# --- loans


class SamePerson(Problem):
    """Whoever drafted it cannot approve it."""

    status = 409
    zh = "经办人不能审批本人经办的事项。"
    constraint = "ck_loan_two_persons"


class LoanExists(Problem):
    """A contract with this number exists."""

    status = 409
    zh = "该合同编号已存在。"
    constraint = "uq_loan_county_code_loan_no"


class WrongState(Problem):
    """It is not in the state that this step starts from."""

    status = 409
    zh = "当前状态不允许此操作。"
    constraint = "step_order"


class UnknownEnterprise(Problem):
    """The project service knows no enterprise with this id, or knows it by another name or credit code."""

    status = 422
    zh = "项目服务中没有该企业，或名称、统一社会信用代码不一致。"


class ReceiptExists(Problem):
    """This bank reference was booked before."""

    status = 409
    zh = "该银行流水号已入账。"
    constraint = "receipt_bank_reference"


class PaidTwice(Problem):
    """More would be paid on an instalment than it is."""

    status = 409
    zh = "分期款项的收款合计将超过应收金额。"
    constraint = "allocation_exceeds_instalment"


# --- distributions


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


class NotPayable(Problem):
    """A named line is not posted, or was paid before."""

    status = 409
    zh = "所列明细尚未入账或已发放。"
    constraint = "uq_payout_distribution_id_line_no"


class TemplateExists(Problem):
    """A payout template with this name exists."""

    status = 409
    zh = "已存在同名的代发模板。"
    constraint = "uq_payout_template_county_code_name"


class PayeesMissing(Problem):
    """Some households cannot be paid; `lines` says which and why. No file was made and nothing was changed."""

    status = 409
    zh = "部分户无法代发（见 lines），未生成文件，未做任何更改。"


class FileDiffers(Problem):
    """Accounts or holders changed since this batch's file was made; withdraw the batch and make a new one."""

    status = 409
    zh = "代发文件生成后账号或户名已变更，请撤回该批次并重新制作。"


class PayoutResultUnreadable(Problem):
    """The file is not an answer of the template's form, is empty or is too large."""

    status = 422
    zh = "该文件不符合代发模板的回盘格式、为空或过大。"


class BadPayoutResult(Problem):
    """Some rows of the bank's answer are wrong; nothing was recorded. `errors` names every one."""

    status = 422
    zh = "回盘文件有错误行，未记录任何内容；errors 中列出了每一处。"


class ReleasedLine(Problem):
    """The line was given back to the shared account, or is on its way to the bank, or was paid."""

    status = 409
    zh = "该明细已退回账户、正在代发或已发放。"
    constraint = "payout_line_one_way"


class SheetTooLong(Problem):
    """A printed sheet has at most so many rows (`most`); narrow it to fewer days or a smaller place."""

    status = 409
    zh = "打印页行数超过上限（见 most），请缩小日期或地区范围。"


class NotConserved(Problem):
    """What was allocated is not what was paid, given back or excluded; the distribution stays open."""

    status = 409
    zh = "分配总额与已发放、退回账户、已剔除金额之和不符，不能办结。"


class StillOpen(Problem):
    """Lines are still open: objections to rule on, lines to post or to pay."""

    status = 409
    zh = "仍有未处理的异议、未入账或未发放的明细。"


# --- loans after they were agreed


class SameApprover(SamePerson):
    """Whoever proposed the change of a contract cannot approve it."""

    zh = "经办人不能审批本人提出的合同变更。"
    constraint = "ck_loan_change_two_persons"


class ChangeOutdated(Problem):
    """The principal owed is no longer what it was when the change was proposed; propose it anew."""

    status = 409
    zh = "所欠本金已与提出变更时不同，请重新提出。"


class NothingOwed(Problem):
    """No principal is owed on this contract."""

    status = 409
    zh = "该合同已无未还本金。"


class GuaranteeExists(Problem):
    """This document is recorded for this contract."""

    status = 409
    zh = "该合同已登记此担保文件。"
    constraint = "uq_loan_guarantee_loan_id_document"


class ReceiptUndone(Problem):
    """This receipt was undone before."""

    status = 409
    zh = "该收款已撤销。"
    constraint = "pk_receipt_reversal"


class ReceiptSuperseded(Problem):
    """A new schedule took over after this receipt; what it paid cannot be opened again."""

    status = 409
    zh = "该收款之后已重排还款计划，不能再撤销。"


class StillMatched(Problem):
    """This receipt is matched to a line of the bank's statement; undo the match."""

    status = 409
    zh = "该收款已与银行流水匹配，请先撤销匹配。"


# --- bank statements


class LayoutExists(Problem):
    """A layout with this name exists."""

    status = 409
    zh = "已存在同名的对账单格式。"
    constraint = "uq_bank_layout_county_code_name"


class UnknownLayout(Problem):
    """There is no such layout; a CSV or XLSX statement names one."""

    status = 422
    zh = "没有该对账单格式；CSV 或 XLSX 对账单须指定格式。"


class StatementImported(Problem):
    """This file was imported before."""

    status = 409
    zh = "该对账单文件已导入。"
    constraint = "uq_bank_statement_county_code_digest"


class StatementUnreadable(Problem):
    """The file is not a bank statement of this format, is empty or is too large."""

    status = 422
    zh = "该文件不是此格式的对账单、为空或过大。"


class BadStatement(Problem):
    """Some rows of the statement are wrong; nothing was imported. `errors` names every one."""

    status = 422
    zh = "对账单有错误行，未导入任何内容；errors 中列出了每一处。"


class LineKnown(Problem):
    """A bank reference was imported before with another day, amount or payer."""

    status = 409
    zh = "同一银行流水号已以不同内容导入。"
    constraint = "uq_bank_line_county_code_reference"


class LineMatched(Problem):
    """This bank line is matched already."""

    status = 409
    zh = "该流水已匹配。"
    constraint = "uq_bank_match_line_id"


class ReceiptMatched(Problem):
    """This receipt is matched to another bank line."""

    status = 409
    zh = "该收款已与其他流水匹配。"
    constraint = "uq_bank_match_receipt_id"


class DoesNotFit(Problem):
    """The line is money out, or the receipt is undone or of another amount or day."""

    status = 409
    zh = "该流水为付款，或收款已撤销，或金额、日期不一致。"


class NotMatched(Problem):
    """This bank line is not matched."""

    status = 409
    zh = "该流水尚未匹配。"


# --- proofs


class NotSealed(Problem):
    """This journal is not under a seal yet; seal the ledger and ask again."""

    status = 409
    zh = "该凭证尚未封签，请先封签再索取证明。"


# --- appropriations


class AppropriationExists(Problem):
    """An appropriation with this document number is recorded."""

    status = 409
    zh = "该指标文号已登记。"
    constraint = "uq_appropriation_county_code_document_no"


class MoreThanGranted(Problem):
    """More would be received, planned or spent than was granted."""

    status = 409
    zh = "到账、安排或支出金额将超过下达金额。"
    constraint = "appropriation_exceeded"


class MoreThanPrincipal(Problem):
    """More would be planned for this loan than its principal."""

    status = 409
    zh = "安排给该借款的资金将超过借款本金。"
    constraint = "appropriation_loan_exceeded"


class UseNotApproved(Problem):
    """Money is spent only for a use that a second person approved."""

    status = 409
    zh = "该用途尚未经第二人审批，不能支出。"
    constraint = "appropriation_use_open"


class SameUseApprover(SamePerson):
    """Whoever proposed the use cannot approve it."""

    zh = "经办人不能审批本人提出的资金安排。"
    constraint = "ck_appropriation_use_two_persons"


class UnknownProject(Problem):
    """The project library has no such project."""

    status = 422
    zh = "项目库中没有该项目。"


class PaidByLoan(Problem):
    """Money planned for a loan leaves when the loan is disbursed, and comes back as its principal."""

    status = 409
    zh = "安排给借款的资金随借款发放支出，不能单独支出或撤销。"


class AlarmRuleExists(Problem):
    """An alarm rule with this name exists."""

    status = 409
    zh = "已存在同名的预警规则。"
    constraint = "uq_alarm_rule_county_code_name"


# --- hand-made transfers of two persons, donations


class SecondPersonNeeded(Problem):
    """A transfer this large is proposed as a transfer request and posted when a second person approves it."""

    status = 409
    zh = "超过限额的手工转账须先提出转账申请，由第二人审批后入账。"


class SameTransferApprover(SamePerson):
    """Whoever proposed the transfer cannot approve it."""

    zh = "经办人不能审批本人提出的转账。"
    constraint = "ck_transfer_request_two_persons"


class NoDonation(Problem):
    """This receipt is no donation, or was undone; there is nothing to certify."""

    status = 409
    zh = "该收款不是捐赠或已撤销，不能出具捐赠票据。"


class NotedAlready(Problem):
    """This finding has been noted already."""

    status = 409
    zh = "该问题已经登记。"
    constraint = "uq_note_source_source_id"
