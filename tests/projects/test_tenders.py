"""From the call for bids to the contract: each step rests on the one before."""

from typing import Any

import pytest

from tests.conftest import Api
from tests.projects.conftest import COUNTY, Declare, refusal

BUDGET = [{"source": "CENTRAL", "amount_fen": 500_000_000}]
TENDER = {
    "tender_no": "2018-YS-01", "title": "农村饮水安全工程", "category": "WORKS", "method": "OPEN",
    "posted_on": "2018-04-16", "opens_on": "2018-05-08", "opens_until": "2018-05-10",
    "lots": [
        {"lot_no": 1, "title": "一标段", "ceiling_fen": 300_000_000},
        {"lot_no": 2, "title": "二标段", "ceiling_fen": 250_000_000},
    ],
}  # fmt: skip
USCCS = ("93990000MA19DEMP1B", "91350100M000100Y43")


async def made(answer: Any) -> dict[str, Any]:
    found = await answer
    assert found.status_code == 201, found.text
    shown: dict[str, Any] = found.json()
    return shown


class Procured:
    """An admitted water project, its tender with two lots, and two enterprises that bid."""

    def __init__(self, projects: Api, project: dict[str, Any], tender: dict[str, Any], bidders: list[str]) -> None:
        self.projects = projects
        self.project = project
        self.tender = tender
        self.bidders = bidders
        self.lots = [lot["lot_id"] for lot in tender["lots"]]

    async def bid(self, lot: int, bidder: int, fen: int, on: str = "2018-05-08") -> Any:
        body = {"enterprise_id": self.bidders[bidder], "amount_fen": fen, "opened_on": on}
        return await self.projects.post(f"/v1/lots/{self.lots[lot]}/bids", json=body)

    async def award(self, lot: int, bid: str, on: str = "2018-05-11") -> Any:
        return await self.projects.post(f"/v1/lots/{self.lots[lot]}/award", json={"bid_id": bid, "on": on})

    async def won(self, lot: int, fen: int) -> str:
        """The id of an award of a lot at a price."""
        bid = (await self.bid(lot, 0, fen)).json()
        found = await self.award(lot, bid["id"])
        assert found.status_code == 201, found.text
        return str(found.json()["id"])

    async def sign(self, award: str, number: str = "HT-1", on: str = "2018-05-14") -> Any:
        body = {
            "award_id": award, "contract_no": number, "signed_on": on, "starts_on": "2018-05-15",
            "ends_on": "2018-10-31",
        }  # fmt: skip
        return await self.projects.post("/v1/contracts", json=body)


@pytest.fixture
async def procured(projects: Api, declare: Declare) -> Procured:
    project = await declare("ADMITTED", category="WATER", division_code=COUNTY, budget=BUDGET)
    tender = await made(projects.post(f"/v1/projects/{project['id']}/tenders", json=TENDER))
    bidders = []
    for uscc in USCCS:
        new = {"uscc": uscc, "name": f"企业{uscc[-1]}", "kind": "COMPANY", "division_code": COUNTY}
        bidders.append((await made(projects.post("/v1/enterprises", json=new)))["id"])
    return Procured(projects, project, tender, bidders)


async def test_a_lot_is_awarded_once_and_only_to_one_of_its_bids(procured: Procured) -> None:
    assert procured.tender["state"] == "ACTIVE"
    first = await procured.bid(0, 0, 290_000_000)
    other = await procured.bid(1, 1, 200_000_000)
    assert (first.status_code, first.json()["uscc"]) == (201, USCCS[0])
    assert refusal(await procured.bid(0, 0, 280_000_000)) == (409, "bid-twice")
    assert refusal(await procured.bid(0, 1, 300_000_001)) == (409, "above-ceiling")
    assert refusal(await procured.bid(0, 1, 280_000_000, "2018-05-11")) == (409, "outside-opening")
    assert refusal(await procured.bid(0, 1, 280_000_000, "2018-06-30")) == (422, "day-in-future")

    assert refusal(await procured.award(0, other.json()["id"])) == (409, "not-a-bidder")
    assert refusal(await procured.award(0, first.json()["id"], "2018-05-07")) == (409, "days-backwards")
    assert (await procured.award(0, first.json()["id"])).status_code == 201
    assert refusal(await procured.award(0, first.json()["id"])) == (409, "lot-awarded")
    assert refusal(await procured.bid(0, 1, 280_000_000)) == (409, "tender-closed")

    at = f"/v1/tenders/{procured.tender['id']}"
    ending = {"outcome": "UNSUCCESSFUL", "on": "2018-05-12", "reason": "有效投标人不足三家"}
    assert refusal(await procured.projects.post(f"{at}:end", json=ending)) == (409, "tender-awarded")
    assert (await procured.award(1, other.json()["id"])).status_code == 201
    shown = (await procured.projects.get(at)).json()
    assert shown["state"] == "COMPLETE"
    assert [(lot["bids"], lot["awarded_fen"]) for lot in shown["lots"]] == [(1, 290_000_000), (1, 200_000_000)]
    listed = (await procured.projects.get("/v1/tenders?state=COMPLETE")).json()["items"]
    assert [tender["id"] for tender in listed] == [procured.tender["id"]]
    winners = (await procured.projects.get(f"/v1/bids?enterprise_id={procured.bidders[1]}")).json()["items"]
    assert [bid["awarded_on"] for bid in winners] == ["2018-05-11"]


async def test_a_tender_is_moved_before_the_opening_and_ends_once(procured: Procured) -> None:
    projects, at = procured.projects, f"/v1/tenders/{procured.tender['id']}"
    moved = await projects.patch(at, version=1, json={"opens_on": "2018-05-09"})
    assert (moved.json()["opens_on"], moved.json()["opens_until"]) == ("2018-05-09", "2018-05-09")
    early = await projects.patch(at, version=2, json={"opens_on": "2018-04-15"})
    assert refusal(early) == (422, "tender-days")
    assert (await procured.bid(0, 0, 1, "2018-05-09")).status_code == 201
    assert refusal(await projects.patch(at, version=2, json={"opens_on": "2018-05-10"})) == (409, "bids-opened")
    ending = {"outcome": "UNSUCCESSFUL", "on": "2018-05-10", "reason": "有效投标人不足三家"}
    assert refusal(await projects.as_("town-clerk").post(f"{at}:end", json=ending)) == (403, "insufficient-scope")
    assert (await projects.post(f"{at}:end", json=ending)).json()["state"] == "UNSUCCESSFUL"
    assert refusal(await projects.post(f"{at}:end", json=ending)) == (409, "tender-closed")
    assert refusal(await procured.bid(0, 1, 1, "2018-05-09")) == (409, "tender-closed")


async def test_only_an_admitted_project_is_put_out_to_tender(projects: Api, declare: Declare) -> None:
    argued = await declare("ARGUED", category="WATER")
    answer = await projects.post(f"/v1/projects/{argued['id']}/tenders", json=TENDER)
    assert refusal(answer) == (409, "not-admitted")
    admitted = await declare("ADMITTED", category="WATER")
    at = f"/v1/projects/{admitted['id']}/tenders"
    twice = TENDER | {"lots": [{"title": "一标段", "ceiling_fen": 1}, {"title": "一标段", "ceiling_fen": 2}]}
    assert refusal(await projects.post(at, json=twice)) == (409, "lot-twice")
    await made(projects.post(at, json=TENDER))
    assert refusal(await projects.post(at, json=TENDER)) == (409, "tender-number-taken")


async def test_a_contract_rests_on_an_award_at_its_price_within_the_budget(procured: Procured) -> None:
    unknown = await procured.sign("0198c6a0-0000-7000-8000-000000000003")
    assert refusal(unknown) == (409, "no-such-award")
    first, second = await procured.won(0, 290_000_000), await procured.won(1, 210_000_001)
    assert refusal(await procured.sign(first, on="2018-05-10")) == (409, "days-backwards")
    contract = await made(procured.sign(first))
    assert (contract["amount_fen"], contract["uscc"], contract["amendments"]) == (290_000_000, USCCS[0], 0)
    assert refusal(await procured.sign(first, "HT-2")) == (409, "contract-signed")
    assert refusal(await procured.sign(second, "HT-1")) == (409, "contract-number-taken")
    assert refusal(await procured.sign(second, "HT-2")) == (409, "over-budget")

    projects, at = procured.projects, f"/v1/contracts/{contract['id']}/amendments"
    change = {
        "amount_fen": 500_000_001, "ends_on": "2018-11-30", "amended_on": "2018-06-20", "reason": "增加消毒设备",
        "document_ref": "变更协议1",
    }  # fmt: skip
    assert refusal(await projects.post(at, json=change)) == (409, "over-budget")
    backwards = await projects.post(at, json=change | {"amount_fen": 1, "amended_on": "2018-05-01"})
    assert refusal(backwards) == (409, "days-backwards")
    amended = await made(projects.post(at, json=change | {"budget_approval": "县扶组〔2018〕9号"}))
    assert amended["seq"] == 1
    again = await made(projects.post(at, json=change | {"amount_fen": 289_999_999, "amended_on": "2018-06-25"}))
    assert again["seq"] == 2
    assert (await procured.sign(second, "HT-2")).status_code == 201
    listed = (await projects.get(f"/v1/contracts?project_id={procured.project['id']}")).json()["items"]
    assert [found["amount_fen"] for found in listed] == [289_999_999, 210_000_001]
    assert [found["ends_on"] for found in listed] == ["2018-11-30", "2018-10-31"]
    assert len((await projects.get(at)).json()["items"]) == 2


async def test_the_database_holds_the_chain_by_itself(procured: Procured) -> None:
    await made(procured.sign(await procured.won(0, 290_000_000)))
    for statement in (
        "UPDATE bid SET amount_fen = 1",
        "DELETE FROM award",
        "UPDATE contract SET amount_fen = 1",
        "UPDATE tender SET posted_on = '2018-01-01'",
        "DELETE FROM tender",
    ):
        with pytest.raises(Exception, match="permission denied"):
            await procured.projects.sql(statement)
