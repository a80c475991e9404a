"""Accounts, journals, and who may do what."""

from fupin.problems import Problem


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
    """An account is unknown in this county."""

    status = 422
    zh = "该县没有这个科目。"
    constraint = "journal_account"


class AccountClosed(Problem):
    """An account is closed: nothing is booked to it any more."""

    status = 409
    zh = "科目已关闭，不能再记账。"
    constraint = "journal_account_closed"


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


class SamePerson(Problem):
    """Whoever drafted it cannot approve it."""

    status = 409
    zh = "经办人不能审批本人经办的事项。"
    constraint = "ck_loan_two_persons"


class WrongState(Problem):
    """It is not in the state that this step starts from."""

    status = 409
    zh = "当前状态不允许此操作。"
    constraint = "step_order"


class SheetTooLong(Problem):
    """A printed sheet has at most so many rows (`most`); narrow it to fewer days or a smaller place."""

    status = 409
    zh = "打印页行数超过上限（见 most），请缩小日期或地区范围。"


class NotSealed(Problem):
    """This journal is not under a seal yet; seal the ledger and ask again."""

    status = 409
    zh = "该凭证尚未封签，请先封签再索取证明。"


class SecondPersonNeeded(Problem):
    """A transfer this large is proposed as a transfer request and posted when a second person approves it."""

    status = 409
    zh = "超过限额的手工转账须先提出转账申请，由第二人审批后入账。"


class DailyLimitReached(Problem):
    """With this one person would move more by hand today than allowed: propose a transfer request instead."""

    status = 409
    zh = "该经办人当日手工转账累计将超过限额，请改为提出转账申请，由第二人审批后入账。"
    constraint = "hand_total_limit"


class SameTransferApprover(SamePerson):
    """Whoever proposed the transfer cannot approve it."""

    zh = "经办人不能审批本人提出的转账。"
    constraint = "ck_transfer_request_two_persons"


class NotedAlready(Problem):
    """This finding has been noted already."""

    status = 409
    zh = "该问题已经登记。"
    constraint = "uq_note_source_source_id"
