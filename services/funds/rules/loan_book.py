"""What a contract comes to on a day, and the yearly return of its money."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from pyxirr import InvalidPaymentsError, xirr

from services.funds.codes import InstalmentKind, OverdueBucket
from services.funds.rules.penalties import bucket

Flow = tuple[date, int]


class Standing(NamedTuple):
    """One contract on a day."""

    loan_id: Any
    loan_no: str
    enterprise_name: str
    principal_fen: int
    due_fen: int
    paid_fen: int
    overdue_fen: int
    overdue_by_bucket: dict[OverdueBucket, int]
    penalties_open_fen: int
    credit_fen: int
    outstanding_principal_fen: int
    written_off_fen: int
    flows: list[Flow]


def standing(
    contract: Mapping[str, Any], dues: Sequence[Mapping[str, Any]], receipts: Sequence[Mapping[str, Any]], on: date
) -> Standing:
    """A contract from its rows."""
    agreed = [due for due in dues if due["kind"] != InstalmentKind.PENALTY]
    late: Counter[OverdueBucket] = Counter(dict.fromkeys(OverdueBucket, 0))
    for due in agreed:
        if found := bucket(due["due_on"], on):
            late[found] += due["amount_fen"] - due["paid_fen"]
    repaid = sum(due["paid_fen"] for due in agreed if due["kind"] == InstalmentKind.PRINCIPAL)
    credit = sum(receipt["credit_fen"] for receipt in receipts)
    written_off = contract["written_off_fen"]
    left = contract["principal_fen"] if contract["disbursed"] else 0
    return Standing(
        loan_id=contract["id"], loan_no=contract["loan_no"], enterprise_name=contract["enterprise_name"],
        principal_fen=contract["principal_fen"],
        due_fen=sum(due["amount_fen"] for due in agreed if due["due_on"] <= on),
        paid_fen=sum(due["paid_fen"] for due in agreed), overdue_fen=late.total(), overdue_by_bucket=dict(late),
        penalties_open_fen=sum(due["amount_fen"] - due["paid_fen"] for due in dues if due not in agreed),
        credit_fen=credit, outstanding_principal_fen=left - repaid - written_off, written_off_fen=written_off,
        flows=_flows(contract, [] if written_off else dues, receipts, credit, on),
    )  # fmt: skip


def _flows(
    contract: Mapping[str, Any], dues: Iterable[Mapping[str, Any]], receipts: Iterable[Mapping[str, Any]], credit: int,
    on: date,
) -> list[Flow]:  # fmt: skip
    """Money out, money in, and what is still to come on its day (late money: on the day looked at)."""
    flows = [(contract["paid_out_on"], -contract["principal_fen"])]
    flows += [(receipt["received_on"], receipt["amount_fen"]) for receipt in receipts]
    for due in dues:
        still = due["amount_fen"] - due["paid_fen"]
        covered = min(credit, still)
        credit -= covered
        if still > covered:
            flows.append((max(due["due_on"], on), still - covered))
    return flows


def xirr_ppm(flows: Sequence[Flow]) -> int | None:
    """
    The yearly rate at which the flows cancel, in millionths; None where there is none.

    >>> xirr_ppm([(date(2018, 6, 1), -1000), (date(2019, 6, 1), 1072)])
    72000
    """
    try:
        rate = xirr([day for day, _ in flows], [float(fen) for _, fen in flows])
    except InvalidPaymentsError:
        return None
    return None if rate is None else round(rate * 1_000_000)
