"""Into the project library: two enterprises, 16 industry projects, 8 photovoltaic stations, the water works.

Villages declare, towns review, the county argues, approves and gives notice; each step is taken with the token of who
takes it and dated with the day on its paper, since the county types in what it had decided on paper.
"""

from collections.abc import Iterable
from typing import Any

from fujin.client import Api
from fujin.people import People
from fujin.places import Division
from fujin.world import World

Step = tuple[str, dict[str, Any]]

# The two enterprises of the county's report. Their codes are synthetic: the check digit (GB 32100) is right, the
# registering division 990000 does not exist.
ENTERPRISES = (
    ("91990000MA0FUJ0015", "大锦农现代农业综合开发有限公司"),
    ("91990000MA0FUJ0028", "绿谷酒业有限公司"),
)

# Category, title, yuan, households to gain, how they gain, and the enterprise that carries it out, if any.
# The agriculture bureau is completing the projects that the towns reported: each stands at a step before approval.
INDUSTRY = (
    ("LIVESTOCK", "肉牛养殖小区", 860_000, 34, ["DIVIDEND", "TRUSTEESHIP"], None),
    ("LIVESTOCK", "生猪代养基地", 540_000, 28, ["TRUSTEESHIP"], None),
    ("LIVESTOCK", "大鹅养殖", 230_000, 41, ["ORDER_PURCHASE"], None),
    ("PLANTING", "鲜食玉米种植", 310_000, 46, ["ORDER_PURCHASE"], 0),
    ("PLANTING", "棚室蔬菜", 720_000, 25, ["EMPLOYMENT", "LAND_TRANSFER"], 0),
    ("PLANTING", "酿酒高粱订单种植", 420_000, 63, ["ORDER_PURCHASE"], 1),
    ("PLANTING", "北药种植", 380_000, 30, ["LAND_TRANSFER", "EMPLOYMENT"], None),
    ("FISHERY", "稻田养鸭养蟹", 290_000, 22, ["DIVIDEND"], None),
    ("COURTYARD", "庭院小菜园", 160_000, 75, ["ORDER_PURCHASE"], None),
    ("PROCESSING", "粮食烘干与加工", 1_450_000, 52, ["DIVIDEND", "EMPLOYMENT"], 0),
    ("PROCESSING", "大豆豆制品加工", 680_000, 27, ["EMPLOYMENT"], None),
    ("STORAGE", "果蔬冷藏库", 930_000, 31, ["DIVIDEND"], None),
    ("E_COMMERCE", "互联网+农业私人订制", 350_000, 58, ["ORDER_PURCHASE"], None),
    ("TOURISM", "湿地乡村旅游", 1_120_000, 36, ["DIVIDEND", "EMPLOYMENT"], None),
    ("WORKSHOP", "手工编织扶贫车间", 180_000, 24, ["EMPLOYMENT"], None),
    ("MACHINERY", "农机合作社代耕服务", 770_000, 49, ["TRUSTEESHIP", "LAND_TRANSFER"], None),
)

# From declaration to the start of the works, with the days on the papers. Admission follows the last of the notice's
# ten working days: the library refuses it earlier.
TO_ADMISSION: tuple[Step, ...] = (
    ("review", {"on": "2017-10-16", "opinion": "同意上报"}),
    ("argue", {"on": "2017-10-26", "opinion": "经专家论证可行，资金来源落实"}),
    ("approve", {"on": "2017-11-03", "document_ref": "富政发〔2017〕31号"}),
    ("publish-notice", {"on": "2017-11-06", "document_ref": "公示〔2017〕6号"}),
    ("admit", {"on": "2017-11-21"}),
)


def load(api: Api, world: World) -> None:
    Library(api, world).load()


class Library:
    """What the county's offices hand in, one after another."""

    def __init__(self, api: Api, world: World) -> None:
        self.api = api
        self.world = world
        self.county = api("projects")
        self.people = People(world.dice("projects"))

    def load(self) -> None:
        enterprises = [self.enterprise(uscc, name) for uscc, name in ENTERPRISES]
        self.industry(enterprises)
        for number, village in enumerate(self.world.poor_villages, start=1):
            self.photovoltaic(f"2017-GF-{number:03}", village)
        self.tap_water()
        self.renovation()

    def enterprise(self, uscc: str, name: str) -> dict[str, Any]:
        """A leading enterprise (龙头企业) of the county."""
        body = {"uscc": uscc, "name": name, "kind": "LEADING", "division_code": self.world.county.code}
        made: dict[str, Any] = self.county.post("/v1/enterprises", body)
        return made

    def industry(self, enterprises: list[dict[str, Any]]) -> None:
        """Each town reports one project or two. All are declared; some are reviewed, and some of these argued."""
        for number, (category, title, yuan, households, linkage, carrier) in enumerate(INDUSTRY, start=1):
            village = self.villages_of(self.world.towns[number % len(self.world.towns)])[number]
            enterprise = enterprises[carrier] if carrier is not None else None
            project = self.declare(
                village,
                project_no=f"2018-CY-{number:03}",
                title=f"{village.name}{title}",
                category=category,
                build_type="NEW",
                content=f"{title}，覆盖{village.name}及周边村",
                implementing_unit=enterprise["name"] if enterprise else f"{village.name}合作社",
                enterprise_id=enterprise["id"] if enterprise else None,
                linkage=linkage,
                expected_beneficiaries=households,
                declared_on=f"2018-03-{number + 5:02}",
                starts_on="2018-07-01",
                ends_on="2019-06-30",
                budget=[("CENTRAL", yuan * 6 // 10), ("SELF_RAISED", yuan - yuan * 6 // 10)],
                targets=[("带动贫困户", households, "户")],
            )
            if number % 3:
                self.take(project, village, [("review", {"on": f"2018-04-{number + 3:02}", "opinion": "同意上报"})])
            if number % 3 == 1:
                self.take(project, village, [("argue", {"on": "2018-05-10", "opinion": "可行，联结机制待完善"})])

    def photovoltaic(self, number: str, village: Division) -> None:
        """A station in a poor village: under construction, to be connected to the grid by the end of June."""
        project = self.declare(
            village,
            project_no=number,
            title=f"{village.name}村级光伏扶贫电站",
            category="PV",
            build_type="NEW",
            content="地面电站一座，装机 300 千瓦",
            implementing_unit=f"{village.name}村民委员会",
            linkage=["DIVIDEND"],
            expected_beneficiaries=40,
            declared_on="2017-10-10",
            starts_on="2018-04-20",
            ends_on="2018-06-30",
            budget=[("PROVINCE", 1_500_000), ("COUNTY", 600_000)],
            targets=[("装机容量", 300, "千瓦"), ("年发电量", 36, "万千瓦时")],
        )
        self.cover(project, "PV_STATION", [village])
        self.take(project, village, [*TO_ADMISSION, ("start", {"on": "2018-04-20"})])
        self.milestone(project, "FILING", "2018-01-15", reached="2018-01-12")
        self.milestone(project, "CONSTRUCTION_START", "2018-04-20", reached="2018-04-20")
        self.milestone(project, "GRID_CONNECTION", "2018-06-30")
        self.beneficiaries(project, village)

    def beneficiaries(self, project: dict[str, Any], village: Division) -> None:
        """The village's poor households share in what the station will earn, from July on."""
        poor = self.api("registry").items("/v1/households", division=village.code, poor=True)
        links = [
            {
                "household_id": household["id"],
                "kind": "DIVIDEND",
                "from_on": "2018-07-01",
                "expected_income_fen": 3_000_00,
            }
            for household in poor
        ]
        for first in range(0, len(links), 1000):
            self.county.post(f"/v1/projects/{project['id']}/beneficiaries", {"links": links[first : first + 1000]})

    def tap_water(self) -> None:
        """The 38 villages without tap water. The tender stands since 16 April; of the rest only the plan is known."""
        villages = self.world.villages_without_tap_water
        project = self.water("2018-YS-001", "农村饮水巩固提升工程（未安装自来水村屯）", "NEW", villages, 650_000)
        self.cover(project, "TAP_WATER", villages)
        self.take(project, self.world.county, TO_ADMISSION)
        self.milestone(project, "TENDER_POSTED", "2018-04-16", reached="2018-04-16")
        self.milestone(project, "BID_OPENING", "2018-05-08", until="2018-05-10")
        self.milestone(project, "CONSTRUCTION_START", "2018-05-15")

    def renovation(self) -> None:
        """The 40 villages whose system does not run: the plan is drawn up and waits for approval."""
        villages = self.world.villages_not_running
        project = self.water("2018-YS-002", "农村饮水巩固提升工程（供水改造）", "RENOVATE", villages, 240_000)
        self.cover(project, "WATER_RENOVATION", villages)
        self.take(project, self.world.county, TO_ADMISSION[:2])
        self.milestone(project, "PLAN_DRAWN_UP", "2018-05-10", reached="2018-05-10")
        self.milestone(project, "PLAN_APPROVAL", "2018-06-15")

    def water(self, number: str, title: str, build: str, villages: list[Division], yuan_each: int) -> dict[str, Any]:
        return self.declare(
            self.world.county,
            project_no=number,
            title=title,
            category="WATER",
            build_type=build,
            content=f"{len(villages)} 个村屯的水源、管网与净水设施",
            implementing_unit="市水务局",
            expected_beneficiaries=sum(village.population for village in villages) // 3,
            declared_on="2017-10-10",
            starts_on="2018-05-15",
            ends_on="2018-10-31",
            budget=[("CENTRAL", yuan_each * len(villages) // 2), ("COUNTY", yuan_each * len(villages) // 2)],
            targets=[("通水村屯", len(villages), "个")],
        )

    def declare(
        self,
        place: Division,
        *,
        budget: Iterable[tuple[str, int]],
        targets: Iterable[tuple[str, int, str]],
        **fields: Any,
    ) -> dict[str, Any]:
        """Declares a project with the token of its village (or the county's, for what the county builds itself)."""
        village = place.level == "VILLAGE"
        body = fields | {
            "division_code": place.code,
            "declaring_unit": f"{place.name}村民委员会" if village else fields["implementing_unit"],
            "responsible_person": self.people.name(True),
            "budget": [{"source": source, "amount_fen": yuan * 100} for source, yuan in budget],
            "targets": [{"metric": metric, "target": str(target), "unit": unit} for metric, target, unit in targets],
        }
        service = self.api("projects", role="village-cadre", division=place.code) if village else self.county
        made: dict[str, Any] = service.post("/v1/projects", body)
        return made

    def take(self, project: dict[str, Any], place: Division, steps: Iterable[Step]) -> None:
        """Takes a project through the library: what a town may do with the town's token, the rest with the county's."""
        for verb, step in steps:
            town = place.level == "VILLAGE" and verb in ("review", "start")
            service = self.api("projects", role="town-clerk", division=place.parent_code) if town else self.county
            service.post(f"/v1/projects/{project['id']}:{verb}", step)

    def cover(self, project: dict[str, Any], purpose: str, villages: Iterable[Division]) -> None:
        """The village scheme: which villages the project covers, and what it brings them."""
        body = {"purpose": purpose, "division_codes": [village.code for village in villages]}
        self.county.post(f"/v1/projects/{project['id']}/villages", body)

    def milestone(
        self, project: dict[str, Any], kind: str, on: str, *, until: str | None = None, reached: str | None = None
    ) -> None:
        """Plans a milestone; says since when it is reached, with the paper that shows it, if it is."""
        plan = {"kind": kind, "planned_on": on, "planned_until": until}
        planned = self.county.post(f"/v1/projects/{project['id']}/milestones", plan)
        if reached:
            evidence = {"on": reached, "evidence": "项目档案"}
            self.county.post(f"/v1/milestones/{planned['id']}:reach", evidence)

    def villages_of(self, town: Division) -> list[Division]:
        return [village for village in self.world.villages if village.parent_code == town.code]
