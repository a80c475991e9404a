"""What a cell may say: every unambiguous spelling is read, everything else is refused by name."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fupin.sheets.cells import (
    Bad,
    certificate,
    code,
    codes,
    day,
    decimal,
    division_code,
    id_number,
    id_number_doubt,
    text,
    whole,
    yes_no,
    yuan,
)
from fupin.sheets.errors import CellError
from fupin.sheets.layouts import UnreadableHeadings, find_headings
from services.registry.codes.households import PovertyCause, Residence
from services.registry.rules.kinds import HOUSEHOLDS, ROSTER
from tests.registry.world import id_number as synthetic

Parser = Callable[[Any], Any]


def _refusal(parse: Parser, cell: Any) -> str | None:
    try:
        parse(cell)
    except Bad as bad:
        return bad.error.value
    return None


@pytest.mark.parametrize(
    "cell",
    ["2018-05-17", "2018/5/17", "2018.5.17", "2018年5月17日", "20180517", 20180517, 43237, 43237.0, "43237",
     date(2018, 5, 17), datetime(2018, 5, 17, 8, tzinfo=UTC), " ２０１８－５－１７ ", "2018-05-17 00:00:00"],
)  # fmt: skip
def test_a_day_is_read_in_every_spelling_that_counties_use(cell: Any) -> None:
    assert day(cell) == "2018-05-17"


@pytest.mark.parametrize(
    ("parse", "cell", "error"),
    [
        (day, "2018年5月", "MONTH_ONLY"),
        (day, "2018-05", "MONTH_ONLY"),
        (day, "2018-02-30", "NOT_A_DATE"),
        (day, "17/5/2018", "NOT_A_DATE"),
        (day, "三月", "NOT_A_DATE"),
        (day, "1066-10-14", "OUT_OF_RANGE"),
        (yuan(), "12.345", "FRACTION_OF_FEN"),
        (yuan(), -1, "OUT_OF_RANGE"),
        (yuan(), "一百元", "NOT_A_NUMBER"),
        (yuan(), "NaN", "NOT_A_NUMBER"),
        (yuan(), "1e400", "OUT_OF_RANGE"),
        (yuan(), True, "NOT_A_NUMBER"),
        (whole(0, 10), 1.5, "NOT_WHOLE"),
        (whole(0, 10), 11, "OUT_OF_RANGE"),
        (decimal(2, 0, 100), "1.234", "TOO_MANY_DECIMALS"),
        (yes_no, "也许", "NOT_YES_OR_NO"),
        (text(3), "四个字了", "TOO_LONG"),
        (text(9), "a\x00b", "BAD_CHARACTER"),
        (text(9), "#N/A", "FORMULA_FAILED"),
        (code(Residence), "乡下", "NOT_IN_LIST"),
        (codes(PovertyCause, 2), "因病、因残、因学", "TOO_MANY_CODES"),
        (codes(PovertyCause, 2), "因病、因病", "TOO_MANY_CODES"),
        (id_number, 9.900001960010100e17, "SCIENTIFIC_NOTATION"),
        (id_number, "9.90E+17", "SCIENTIFIC_NOTATION"),
        (id_number, "990000600101001", "ID_FIFTEEN"),
        (id_number, "9900001960010100", "ID_LENGTH"),
        (id_number, "99000019600101001A", "ID_CHARACTERS"),
        (division_code, "230882", "NOT_A_DIVISION_CODE"),
        (certificate, synthetic(1), "NOT_A_CERTIFICATE"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(parse: Parser, cell: Any, error: str) -> None:
    assert _refusal(parse, cell) == error


def test_codes_are_read_by_code_and_by_either_label() -> None:
    parse = code(PovertyCause)
    assert {parse(cell) for cell in ("01", 1, 1.0, "因病", "illness", " Illness ")} == {"01"}
    assert codes(PovertyCause, 2)("因残、缺土地") == codes(PovertyCause, 2)("02,05") == ["02", "05"]


def test_an_id_number_is_read_with_spaces_small_x_and_full_width_digits() -> None:
    number = next(synthetic(n) for n in range(100) if synthetic(n).endswith("X"))
    spelt = (number.lower(), f" {number[:6]} {number[6:]}", "".join(chr(ord(c) + 0xFEE0) for c in number))
    assert {id_number(cell) for cell in spelt} == {number}
    assert id_number_doubt(number) is CellError.ID_DIVISION
    assert id_number_doubt("11010519491231002X") is None
    assert id_number_doubt("99000018991331002X") is CellError.ID_BIRTH_DATE


@given(st.integers(0, 10**15))
def test_one_wrong_digit_of_an_id_number_never_passes(seed: int) -> None:
    number = synthetic(seed % 1000)
    place, digit = seed % 17, str(seed // 17 % 10)
    changed = number[:place] + digit + number[place + 1 :]
    assert _refusal(id_number, changed) == (None if changed == number else "ID_CHECK_DIGIT")


@given(st.integers(0, 10**12))
def test_money_keeps_every_fen_as_text_and_as_a_workbooks_number(fen: int) -> None:
    written = f"{Decimal(fen) / 100:,.2f}"
    assert yuan()(written) == yuan()(f"￥{written}元") == yuan()(fen / 100) == fen


def test_headings_are_found_below_a_title_in_either_language_with_or_without_unit() -> None:
    rows = [["富锦市台账"], [], ["户主姓名", "division_code", "证件 号码", "清退原因*"]]
    found = find_headings(ROSTER, rows)
    assert (found.row, found.fields) == (2, ["name", "division_code", "id_number", "removed_reason"])
    names = [column.zh for column in HOUSEHOLDS.columns]
    assert find_headings(HOUSEHOLDS, [[name.replace("(", "（").replace(")", "）") for name in names]]).fields == [
        column.field for column in HOUSEHOLDS.columns
    ]


def test_headings_that_do_not_fit_are_all_named_and_no_number_is_repeated() -> None:
    with pytest.raises(UnreadableHeadings) as refused:
        find_headings(ROSTER, [["户主姓名", "姓名", "备注 990000196001010011"]])
    assert refused.value.duplicate == ["户主姓名"]
    assert refused.value.missing == ["行政区划代码"]
    assert refused.value.unknown == ["备注 …"]
