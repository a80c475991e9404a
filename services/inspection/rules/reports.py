"""Shares, and the words of what is printed."""

WORDS: dict[str, tuple[str, str]] = {
    "title": ("督查情况报告", "Report on a round of inspection"),
    "plan": ("督查计划", "Plan"),
    "purpose": ("目的", "Purpose"),
    "period": ("期间", "Period"),
    "as_of": ("截至", "As of"),
    "frame": ("抽样框日期", "Frame of"),
    "published": ("摘要公布", "Digest published"),
    "not_published": ("未公布", "not published"),
    "digest": ("抽样框摘要（SHA-256）", "Digest of the frame (SHA-256)"),
    "wave": ("轮次", "Wave"),
    "event": ("种子事件", "Seed event"),
    "seed": ("种子", "Seed"),
    "drawn_on": ("抽取日期", "Drawn on"),
    "reason": ("再次抽取理由", "Reason of a further wave"),
    "coverage": ("一、计划完成情况", "1. Coverage against plan"),
    "counts": ("二、发现问题及整改情况", "2. Findings and their rectification"),
    "list": ("三、问题清单", "3. List of findings"),
    "stratum": ("督查层", "Stratum"),
    "town": ("乡镇", "Town"),
    "in_frame": ("框内村", "Villages in frame"),
    "villages_drawn": ("抽取村", "Drawn"),
    "villages_visited": ("已查村", "Visited"),
    "households_drawn": ("抽取户", "Households drawn"),
    "households_visited": ("已查户", "Visited"),
    "households_replaced": ("替换户", "Replaced"),
    "households_failed": ("未能入户", "Failed"),
    "rate": ("完成率", "Rate"),
    "total": ("合计", "Total"),
    "kind": ("问题类别", "Kind"),
    "found": ("发现", "Found"),
    "closed": ("销号", "Closed"),
    "overdue": ("逾期", "Overdue"),
    "closing_rate": ("整改率", "Closed of found"),
    "number": ("编号", "No."),
    "place": ("所在地", "Place"),
    "severity": ("程度", "Severity"),
    "unit": ("责任单位", "Responsible"),
    "due": ("期限", "Due"),
    "state": ("状态", "State"),
    "nothing": ("没有发现问题。", "Nothing was found wanting."),
    "not_drawn": ("尚未抽取。", "Nothing is drawn yet."),
    "verify": (
        "核验：运行 fupin verify-draw 可由公布的摘要、种子重算全部抽签号，结果须与抽取一致。",
        "To verify: fupin verify-draw works every ticket out again from the published digest and seed.",
    ),
    "led_by": ("督查负责人", "Led by"),
    "reviewed_by": ("审核", "Reviewed by"),
    "signed_on": ("日期", "Date"),
}


def words(zh: bool) -> dict[str, str]:
    return {name: said[0 if zh else 1] for name, said in WORDS.items()}


def ppm(part: int, whole: int) -> int | None:
    """
    A share in parts per million, null of nothing.

    >>> ppm(1, 3), ppm(0, 0)
    (333333, None)
    """
    return part * 1_000_000 // whole if whole else None


def percent(share: int | None) -> str:
    """
    >>> percent(333333), percent(1_000_000), percent(None)
    ('33.3%', '100.0%', '—')
    """
    return "—" if share is None else f"{share // 10_000}.{share % 10_000 // 1_000}%"
