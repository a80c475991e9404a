"""Amounts in the capital numerals that cannot be altered (人民币大写金额), as receipts carry them."""

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")


def capitals(fen: int) -> str:
    """
    An amount of 1 fen or more: 1,050,030 fen is 壹万零伍佰元叁角整.

    After the ministry's rule for bills (支付结算办法 附件一): 整 after yuan or jiao, never after fen; one 零 for any
    number of zeros between digits.
    """
    yuan, jiao, rest = fen // 100, fen // 10 % 10, fen % 10
    words = f"{_whole(yuan)}元" if yuan else ""
    if jiao:
        words += f"{DIGITS[jiao]}角"
    elif rest and yuan:
        words += DIGITS[0]
    return words + (f"{DIGITS[rest]}分" if rest else "整")


def _whole(number: int) -> str:
    groups = []
    while number:
        number, low = divmod(number, 10_000)
        groups.append(low)
    words, gap = "", False
    for place in reversed(range(len(groups))):
        group = groups[place]
        if not group:
            gap = True
            continue
        if words and (gap or group < 1_000):
            words += DIGITS[0]
        words += _four(group) + GROUPS[place]
        gap = False
    return words


def _four(group: int) -> str:
    words, gap = "", False
    for place in reversed(range(4)):
        digit = group // 10**place % 10
        if digit:
            words += (DIGITS[0] if gap and words else "") + DIGITS[digit] + PLACES[place]
            gap = False
        else:
            gap = True
    return words
