"""What became of the money after the report: granted, lent, spent, paid back, shared out. The amounts are made up.

The county's report of May 2018 only plans. What follows is how it may have gone on, up to the day that the services
live in: a step that lies ahead of their clock is not taken.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from fujin.client import Api
from fujin.world import World

# Number, level, yuan granted, what for, day of the document; yuan that came and the day they came, if they did.
GRANTS: tuple[tuple[str, str, int, str, str, int, str], ...] = (
    (
        "演示财指〔2018〕11号",
        "CENTRAL",
        20_000_000,
        "财政专项扶贫资金（产业借款）",
        "2018-03-20",
        20_000_000,
        "2018-05-25",
    ),
    ("演示财指〔2018〕6号", "PROVINCIAL", 12_000_000, "村级光伏扶贫电站", "2018-03-06", 12_000_000, "2018-04-10"),
    ("演示财指〔2018〕19号", "CENTRAL", 12_350_000, "农村饮水巩固提升", "2018-04-02", 6_175_000, "2018-05-10"),
    ("演示财指〔2018〕23号", "COUNTY", 4_800_000, "光伏配套", "2018-04-16", 2_400_000, "2018-05-02"),
    ("演示财指〔2018〕27号", "CITY", 1_000_000, "雨露计划", "2018-05-08", 0, ""),
)
LOANS, PV, WATER = (number for number, *_ in GRANTS[:3])

ALARMS: tuple[dict[str, Any], ...] = (
    {"name": "两个月未到账", "kind": "NOT_RECEIVED", "days": 60},
    {"name": "到账三个月无支出", "kind": "IDLE", "days": 90},
    {"name": "年底支出不足九成二", "kind": "BEHIND", "share_ppm": 920_000, "month": 12},
)

# Stations are paid for as they rise: yuan for each, the day, and how many of the eight.
STATION = 1_500_000
PV_PAYMENTS = ((900_000, "2018-05-11", 8), (600_000, "2018-07-20", 5))
WATER_ADVANCE = (3_705_000, "2018-06-20")

PV_INCOME, PV_DAY = 62_500, "2019-01-10"
GIFT: dict[str, Any] = {
    "kind": "DONATION", "amount_fen": 300_000 * 100, "payer": "定点帮扶单位（演示）", "received_on": "2018-10-17"
}  # fmt: skip

POT = 1_440_000 * 100  # two enterprises, 720,000 yuan each
NEED_ON, PUBLISHED_ON, NOTICE_DAYS = "2019-06-03", "2019-06-05", 10
NEXT_NEED_ON = "2020-06-02"


def load(api: Api, world: World, loans: list[dict[str, Any]], rule: dict[str, Any]) -> None:
    Money(api, world, loans, rule).load()


class Money:
    """The finance office: one person enters, another approves."""

    def __init__(self, api: Api, world: World, loans: list[dict[str, Any]], rule: dict[str, Any]) -> None:
        self.maker = api("funds", role="finance-maker", division=world.county.code)
        self.checker = api("funds", role="finance-checker", division=world.county.code)
        self.projects = api("projects")
        self.loans = loans
        self.rule = rule
        self.today = self.maker.today()

    def load(self) -> None:
        for alarm in ALARMS:
            self.checker.post("/v1/alarm-rules", alarm)
        granted = dict(self.grants())
        self.lend(granted[LOANS])
        self.build(granted)
        self.earn()
        self.share_out()

    def passed(self, day: str) -> bool:
        return date.fromisoformat(day) <= self.today

    def grants(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The documents, and what came of each."""
        for number, level, yuan, purpose, issued_on, came, on in GRANTS:
            document = {"document_no": number, "level": level, "year": 2018, "purpose": purpose, "issued_on": issued_on}
            grant = self.maker.post("/v1/appropriations", document | {"amount_fen": yuan * 100})
            if came and self.passed(on):
                money = {"amount_fen": came * 100, "on": on, "payer": "国库（演示）"}
                self.maker.post(f"/v1/appropriations/{grant['id']}/receipts", money)
            yield number, grant

    def use(self, grant: dict[str, Any], title: str, yuan: int, **what: Any) -> str:
        """A part planned for something, approved by the other person: its path."""
        plan = {"title": title, "amount_fen": yuan * 100} | what
        use = self.maker.post(f"/v1/appropriations/{grant['id']}/uses", plan)
        self.checker.post(f"/v1/appropriation-uses/{use['id']}:approve")
        return f"/v1/appropriation-uses/{use['id']}"

    def spend(self, use: str, yuan: int, on: str, payee: str) -> None:
        if self.passed(on):
            self.maker.post(f"{use}/expenditures", {"amount_fen": yuan * 100, "on": on, "payee": payee})

    def lend(self, grant: dict[str, Any]) -> None:
        """The principal leaves on the contract's first day; every instalment is paid on the day it is due."""
        for loan in self.loans:
            yuan = loan["principal_fen"] // 100
            self.use(grant, f"{loan['enterprise_name']}借款", yuan, kind="LOAN", loan_id=loan["id"])
            if not self.passed(loan["start_on"]):
                continue
            self.maker.post(f"/v1/loans/{loan['id']}:disburse", {"on": loan["start_on"]})
            for due in self.maker.get(f"/v1/loans/{loan['id']}")["instalments"]:
                if self.passed(due["due_on"]):
                    paid = {"kind": "LOAN_PAYMENT", "loan_id": loan["id"], "amount_fen": due["amount_fen"]}
                    reference = f"{loan['loan_no']}-{due['year_no']}-{due['kind']}"
                    said = {"received_on": due["due_on"], "payer": loan["enterprise_name"], "bank_reference": reference}
                    self.maker.post("/v1/receipts", paid | said)

    def build(self, granted: dict[str, dict[str, Any]]) -> None:
        """Eight stations and the water works. The county's own share came and lies idle; an alarm says so."""
        stations = list(self.projects.items("/v1/projects", category="PV"))
        for number, station in enumerate(stations):
            use = self.use(granted[PV], station["title"], STATION, kind="PROJECT", project_id=station["id"])
            for yuan, on, many in PV_PAYMENTS:
                if number < many:
                    self.spend(use, yuan, on, "光伏施工单位（演示）")
        works = next(
            item for item in self.projects.items("/v1/projects", category="WATER") if item["state"] != "REVIEWED"
        )
        use = self.use(granted[WATER], works["title"], 12_350_000, kind="PROJECT", project_id=works["id"])
        self.spend(use, *WATER_ADVANCE, "市水务局")

        if self.passed(PV_DAY):
            for station in stations:
                earned = {
                    "kind": "PV", "amount_fen": PV_INCOME * 100, "received_on": PV_DAY, "payer": "供电公司（演示）",
                    "division_code": station["division_code"], "project_id": station["id"],
                    "project_no": station["project_no"], "period_from": "2018-07-01", "period_to": "2018-12-31",
                }  # fmt: skip
                self.maker.post("/v1/incomes", earned)

    def earn(self) -> None:
        if self.passed(GIFT["received_on"]):
            self.maker.post("/v1/incomes", GIFT)

    def share_out(self) -> None:
        """
        The first year's contributions go to the poor households by need: drafted, frozen, approved by the other person,
        on public notice, posted, paid and closed. The second year's stand before the approval.
        """
        if not self.passed(NEED_ON):
            return
        path, frozen = self.draft(2019, NEED_ON)
        self.checker.post(f"{path}:approve", {"batch_hash": frozen["batch_hash"]})
        if not self.passed(PUBLISHED_ON):
            return
        notice = {"published_on": PUBLISHED_ON, "notice_days": NOTICE_DAYS}
        if date.fromisoformat(self.maker.post(f"{path}:notice", notice)["notice_ends_on"]) < self.today:
            self.maker.post(f"{path}:post")
            self.maker.post(f"{path}:pay", {"bank_reference": "YS-2019-1"})
            self.checker.post(f"{path}:close")
        if self.passed(NEXT_NEED_ON):
            self.draft(2020, NEXT_NEED_ON)

    def draft(self, year: int, need_on: str) -> tuple[str, dict[str, Any]]:
        """The distribution's path, and what it is after the registry froze who is in need."""
        new = {"year": year, "rule_id": self.rule["id"], "pot_fen": POT, "need_on": need_on}
        path = f"/v1/distributions/{self.maker.post('/v1/distributions', new)['id']}"
        frozen: dict[str, Any] = self.maker.post(f"{path}:snapshot")
        return path, frozen
