import asyncio
from collections.abc import Awaitable
from datetime import date

import psycopg
import pytest

from services.funds.rules import evidence
from tests.conftest import Api
from tests.registry import world


@pytest.fixture
def maker(funds: Api) -> Api:
    """The finance clerk who drafts and books."""
    return funds.as_("finance-maker")


@pytest.fixture
def checker(funds: Api) -> Api:
    """Another person, who approves."""
    return funds.as_("finance-checker")


@pytest.fixture
async def households(registry: Api) -> list[str]:
    """Five poor households of two villages, whose needs differ; one household that is not poor."""
    await world.divisions(registry)
    found = []
    for number in range(1, 6):
        village = world.VILLAGE if number < 4 else world.OTHER_VILLAGE
        sick = {"health": ["CHRONIC"]} if number % 2 else {}
        people = [world.member(10 * number + n, labour_ability="ABLE", **sick) for n in range(number)]
        people = [person | {"relation": "02" if n == 0 else "99"} for n, person in enumerate(people)]
        made = await world.household(registry, number, village, members=people)
        income = {"year": 2017, "persons": number, "wage_fen": number * number * 70_000}
        await world.made(registry.post(f"/v1/households/{made['id']}/incomes", json=income))
        found.append(made["household_no"])
    await world.household(registry, 9, status="NOT_POOR", poverty_type=None, main_cause=None, identified_on=None)
    return found


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
    """Every balance, seal, schedule and share follows from what is stored, here and in an auditor's export."""
    verified = (await api.get("/v1/ledger/verification")).json()
    trial = (await api.get("/v1/trial-balance")).json()
    report = evidence.verify((await api.get("/v1/ledger/export")).text.splitlines())
    assert report.wrong == []
    return bool(verified["sound"] and trial["balanced"])


async def seal(api: Api) -> dict[str, int]:
    """Seal all there is; a transaction that began earlier, anywhere on the server, must end first."""
    sealed = 0
    for _ in range(200):
        found: dict[str, int] = (await api.post("/v1/seals")).json()
        sealed += found["journals"]
        stands = (await api.get("/v1/ledger/verification")).json()
        if sealed and stands["sealed_journals"] == stands["journals"]:
            return found | {"journals": sealed}
        await asyncio.sleep(0.05)
    raise AssertionError("not all was sealed in ten seconds")


async def refuses(attack: Awaitable[object]) -> bool:
    """Whether PostgreSQL refused a statement."""
    try:
        await attack
    except psycopg.Error:
        return True
    return False
