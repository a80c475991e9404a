from datetime import date

import pytest

from tests.conftest import Api


@pytest.fixture
def maker(funds: Api) -> Api:
    """The finance clerk who drafts and books."""
    return funds.as_("finance-maker")


@pytest.fixture
def checker(funds: Api) -> Api:
    """Another person, who approves."""
    return funds.as_("finance-checker")


def move(api: Api, day: str) -> None:
    """Let it be that day for the service."""
    api.runtime.clock.move(date.fromisoformat(day))


async def appropriate(maker: Api, fen: int, key: str = "appropriation") -> None:
    """Money arrives in the bank from the treasury."""
    new = {"debit": "bank", "credit": "appropriation", "amount_fen": fen}
    found = await maker.post("/v1/transfers", key=key, json=new)
    assert found.status_code == 201, found.text


async def donate(maker: Api, fen: int, key: str = "donation") -> None:
    """Money arrives in the shared account."""
    found = await maker.post("/v1/receipts", key=key, json={"kind": "DONATION", "amount_fen": fen, "payer": "捐赠单位"})
    assert found.status_code == 201, found.text


async def balance(api: Api, code: str) -> int:
    found: int = (await api.get(f"/v1/accounts/{code}")).json()["balance_fen"]
    return found


async def all_sound(api: Api) -> bool:
    """Every balance and seal follows from the postings, and the trial balance balances."""
    verified = (await api.get("/v1/ledger/verification")).json()
    trial = (await api.get("/v1/trial-balance")).json()
    return bool(verified["sound"] and trial["balanced"])
