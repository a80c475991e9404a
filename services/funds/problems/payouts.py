"""One-card batches and the bank's answers."""

from fupin.problems import Problem


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
