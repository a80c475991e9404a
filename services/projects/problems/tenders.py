from fupin.problems import Problem


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
