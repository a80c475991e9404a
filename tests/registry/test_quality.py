"""数据质量: every rule finds what it is for and leaves alone what is right; findings are opened, closed and excused."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from services.registry.codes.quality import Severity
from services.registry.queries.quality import RULES
from services.registry.rules.quality import score
from services.registry.schemas.quality import QualityFinding, QualityRule, QualityRun, QualityScore
from tests.conftest import Api
from tests.registry import world
from tests.registry.world import OTHER_VILLAGE, VILLAGE

DAY = "2018-05-17"
GONE_VILLAGE = "230882101202"
DRY_VILLAGE = "230882101203"
LINE = 300_000  # of 2017, as the tests set it

# A household with which nothing is wrong: each case below spoils it in one way, or almost.
HOUSEHOLD: dict[str, Any] = {
    "division_code": VILLAGE, "residence": "RURAL", "poverty_type": "GENERAL", "status": "POOR",
    "status_on": "2016-03-01", "main_cause": "01", "identified_on": "2016-03-01", "house_grade": "A",
    "farmland_mu": 12, "irrigated_mu": 2,
}  # fmt: skip
HEAD: dict[str, Any] = {
    "relation": "02", "sex": "1", "birth_date": "1970-01-01", "labour_ability": "ABLE", "health": "{CHRONIC}",
    "medical_insurance": True,
}  # fmt: skip
CHILD = HEAD | {"relation": "20", "birth_date": "2004-01-01", "school_stage": "JUNIOR", "labour_ability": "NONE",
                "health": "{HEALTHY}"}  # fmt: skip
INCOME: dict[str, Any] = {"year": 2017, "persons": 1, "wage_fen": LINE - 1, "transfer_fen": 1}
ITEMS = {"HOUSING": "MET", "MEDICAL": "MET", "EDUCATION": "MET", "WATER": "MET"}


class Case(NamedTuple):
    """What is different from a household with which nothing is wrong."""

    household: Mapping[str, Any] = {}
    members: Sequence[Mapping[str, Any]] = (HEAD,)
    income: Mapping[str, Any] | None = INCOME
    checks: Mapping[str, str] = ITEMS
    pathway: Mapping[str, Any] | None = {"from_on": "2016-06-01", "expected_income_fen": 1}
    helper: bool = True
    allowance: str | None = None
    copies: int = 1


def head(**more: Any) -> Sequence[Mapping[str, Any]]:
    return (HEAD | more,)


def child(**more: Any) -> Sequence[Mapping[str, Any]]:
    return (HEAD, CHILD | more)


OUT = {"status": "EXITED", "exited_on": "2017-12-20", "status_on": "2017-12-20"}
NEW = {"status": "IDENTIFIED", "identified_on": "2018-05-10", "status_on": "2018-05-10"}
NO_CHILD_AT_SCHOOL = child(school_stage="NOT_IN_SCHOOL")

# rule: (it finds this, it leaves this alone)
CASES: dict[str, tuple[Case, Case]] = {
    "Q01": (Case({"main_cause": "08"}), Case({"main_cause": "08"}, child())),
    "Q02": (Case(members=head(birth_date="1958-05-17")), Case(members=head(birth_date="1958-05-18"))),
    "Q03": (Case(members=child(labour_ability="WEAK")), Case(members=child(labour_ability="NONE"))),
    "Q04": (Case(members=head(health="{HEALTHY}")), Case(members=head(health="{SERIOUS}"))),
    "Q05": (Case({"main_cause": "02"}), Case({"main_cause": "02"}, head(health="{DISABLED}"))),
    "Q06": (Case({"main_cause": "03"}), Case({"main_cause": "03"}, child())),
    "Q07": (Case({"main_cause": "05", "farmland_mu": 16}), Case({"main_cause": "05", "farmland_mu": 15})),
    "Q08": (Case({"main_cause": None}), Case()),
    "Q09": (Case(members=head(labour_ability=None)), Case()),
    "Q10": (Case(members=()), Case()),
    "Q11": (Case(members=(CHILD, CHILD)), Case(members=child())),
    "Q12": (Case(members=(HEAD | {"died_on": "2018-01-01"}, CHILD)), Case(members=child(died_on="2018-01-01"))),
    "Q13": (Case(members=(HEAD, HEAD | {"left_on": "2018-12-31"})), Case(members=(HEAD, HEAD | {"left_on": DAY}))),
    "Q14": (
        Case(members=(HEAD, HEAD | {"relation": "12", "sex": "2"}, HEAD | {"relation": "10", "sex": "2"})),
        Case(members=(HEAD, HEAD | {"relation": "12", "sex": "2"})),
    ),
    "Q15": (Case(members=(CHILD,)), Case()),
    "Q16": (Case(members=child(sex="2")), Case(members=child(relation="30", sex="2"))),
    "Q17": (Case(members=head(sex="9")), Case()),
    "Q18": (
        Case(members=head(birth_date="1907-05-17", labour_ability="LOST")),
        Case(members=head(birth_date="1907-05-18", labour_ability="LOST")),
    ),
    "Q19": (Case(members=child(birth_date="2018-05-18")), Case(members=child(birth_date="2018-05-17"))),
    "Q20": (Case(members=head(birth_date=None)), Case()),
    "Q21": (Case(members=head(id_number=False)), Case()),
    "Q22": (Case(members=child(birth_date="1983-12-31")), Case(members=child(birth_date="1984-01-01"))),
    "Q23": (Case(members=head(name="王同"), copies=2), Case(members=head(name="王独"))),
    "Q24": (Case(members=(HEAD, *[CHILD] * 12)), Case(members=(HEAD, *[CHILD] * 11))),
    "Q25": (
        Case(members=child(school_stage="PRIMARY", birth_date="2004-05-17")),
        Case(members=child(school_stage="PRIMARY", birth_date="2004-05-18")),
    ),
    "Q26": (Case(members=child(birth_date="2000-05-17")), Case(members=child(birth_date="2000-05-18"))),
    "Q27": (
        Case(members=child(school_stage="SENIOR", birth_date="1996-05-17")),
        Case(members=child(school_stage="VOCATIONAL", birth_date="1996-05-18")),
    ),
    "Q28": (
        Case(members=child(school_stage="COLLEGE", birth_date="2004-01-01")),
        Case(members=child(school_stage="COLLEGE", birth_date="1999-01-01")),
    ),
    "Q29": (Case(members=NO_CHILD_AT_SCHOOL), Case(members=child())),
    "Q30": (Case(members=head(certificate=True)), Case(members=head(certificate=True, health="{CHRONIC,DISABLED}"))),
    "Q31": (
        Case(members=head(health="{CHRONIC,DISABLED}")),
        Case(members=head(health="{CHRONIC,DISABLED}", certificate=True)),
    ),
    "Q32": (Case(members=head(health="{HEALTHY,CHRONIC}")), Case()),
    "Q33": (Case(members=head(health="{}")), Case()),
    "Q34": (Case(members=head(medical_insurance=False)), Case()),
    "Q35": (Case(income=INCOME | {"wage_fen": LINE}), Case()),
    "Q36": (Case(OUT, income=INCOME | {"wage_fen": LINE - 2}), Case(OUT, income=INCOME | {"wage_fen": LINE})),
    "Q37": (Case(income=None), Case()),
    "Q38": (Case(income=INCOME | {"production_cost_fen": LINE + 1}), Case()),
    "Q39": (Case(income=INCOME | {"persons": 3}), Case(income=INCOME | {"persons": 2})),
    "Q40": (Case({"bank_account_index": b"one account"}, copies=2), Case()),
    "Q41": (Case({"bank_account_index": None}), Case()),
    "Q42": (Case({"phone_index": None}), Case()),
    "Q43": (Case({"phone_index": b"a leader's"}, copies=4), Case({"phone_index": b"a family's"}, copies=3)),
    "Q44": (
        Case(allowance="2018-03-01"),
        Case({"poverty_type": "MINIMUM_LIVING"}, allowance="2018-03-01"),
    ),
    "Q45": (
        Case({"poverty_type": "DESTITUTE"}, income=INCOME | {"transfer_fen": 0}),
        Case({"poverty_type": "DESTITUTE"}),
    ),
    "Q46": (
        Case(pathway={"from_on": "2017-05-17", "expected_income_fen": None}),
        Case(pathway={"from_on": "2017-05-18", "expected_income_fen": None}),
    ),
    "Q47": (Case(helper=False), Case(OUT, helper=False)),
    "Q48": (
        Case(NEW | {"identified_on": "2018-04-16"}, pathway=None),
        Case(NEW | {"identified_on": "2018-04-17"}, pathway=None),
    ),
    "Q49": (Case(pathway={"from_on": "2016-06-01", "to_on": "2018-05-16"}), Case()),
    "Q50": (Case(copies=16), Case()),
    "Q51": (Case(NEW, checks={}), Case(NEW)),
    "Q52": (Case(OUT, checks=ITEMS | {"WATER": "NOT_MET"}), Case(OUT)),
    "Q53": (Case({"house_grade": "D"}), Case({"house_grade": "D"}, checks=ITEMS | {"HOUSING": "NOT_MET"})),
    "Q54": (Case(checks=ITEMS | {"HOUSING": "NOT_MET"}), Case()),
    "Q55": (Case({"house_grade": None}), Case()),
    "Q56": (Case(members=NO_CHILD_AT_SCHOOL), Case(members=child())),
    "Q57": (
        Case(members=head(medical_insurance=False)),
        Case(members=head(medical_insurance=False), checks=ITEMS | {"MEDICAL": "NOT_MET"}),
    ),
    "Q58": (
        Case({"division_code": DRY_VILLAGE}),
        Case({"division_code": DRY_VILLAGE}, checks=ITEMS | {"WATER": "NOT_MET"}),
    ),
    "Q59": (Case({"division_code": GONE_VILLAGE}), Case()),
    "Q60": (Case({"identified_on": "2013-12-31"}), Case({"identified_on": "2014-01-01"})),
    "Q61": (
        Case({"status": "IDENTIFIED", "status_on": "2017-05-16"}),
        Case({"status": "IDENTIFIED", "status_on": "2017-05-17"}),
    ),
    "Q62": (Case(OUT | {"exited_on": "2017-12-01"}), Case(OUT)),
    "Q63": (Case({"poverty_type": None}), Case()),
    "Q64": (Case({"farmland_mu": 101}), Case({"farmland_mu": 100})),
    "Q65": (Case({"forest_mu": -1}), Case({"forest_mu": 0})),
    "Q66": (Case({"irrigated_mu": 13}), Case({"irrigated_mu": 12})),
    "Q67": (Case(members=head(id_number_sex="2")), Case(members=head(id_number_sex="1"))),
}


@pytest.fixture(autouse=True)
async def county(registry: Api) -> None:
    await world.divisions(registry)
    for code, name, more in (
        (GONE_VILLAGE, "旧村", {}),
        (DRY_VILLAGE, "干村", {"has_tap_water": True, "water_system_running": False}),
    ):
        body = {"code": code, "name": name, "level": "VILLAGE", "parent_code": world.TOWN}
        await world.made(registry.post("/v1/divisions", json=body | more))
    await registry.sql(f"UPDATE division SET valid_to = '2018-01-01' WHERE code = '{GONE_VILLAGE}'")
    await registry.admin_sql(
        "INSERT INTO registry.poverty_line (year, per_head_fen, source) VALUES (2017, %s, 'a test')"
        " ON CONFLICT (year) DO UPDATE SET per_head_fen = excluded.per_head_fen",
        LINE,
    )


class Builder:
    """Writes households as a file or a person may have left them, past what the front door refuses."""

    def __init__(self, registry: Api) -> None:
        self.registry = registry
        self.number = 0
        self.rows: list[tuple[str, Mapping[str, Any]]] = []

    async def build(self, *cases: Case) -> list[list[str]]:
        """The ids of the households of each case, all written at once."""
        self.rows = []
        ids = [self._case(case) for case in cases]
        tables: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
        for table, row in self.rows:
            tables.setdefault((table, *row), []).append(row)
        for table in ("helper", "household", "member", "household_income", "guarantee_check", "household_pathway",
                      "helper_assignment", "assistance"):  # fmt: skip
            for (name, *columns), rows in tables.items():
                if name == table:
                    marks = f"({', '.join(['%s'] * len(columns))})"
                    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([marks] * len(rows))}"
                    await self.registry.sql(statement, *(value for row in rows for value in row.values()))
        return ids

    def _case(self, case: Case) -> list[str]:
        helper = None
        if case.helper:
            self.number += 1
            helper = str(uuid4())
            cadre = {"name": f"干部{self.number}", "department": "局", "county_code": "230882"}
            self.rows.append(("helper", {"id": helper, "division_code": VILLAGE, **cadre}))
        return [self._household(case, helper) for _ in range(case.copies)]

    def _household(self, case: Case, helper: str | None) -> str:
        self.number += 1
        mark = str(self.number).encode()
        id = str(uuid4())
        row = {"household_no": f"{self.number:06d}", "bank_account_index": mark, "phone_index": mark}
        row = HOUSEHOLD | row | dict(case.household) | {"county_code": "230882", "id": id}
        self.rows.append(("household", row))
        placed = {"household_id": id, "county_code": "230882", "division_code": row["division_code"]}
        for number, member in enumerate(case.members):
            person = dict(member)
            with_id, certificate = person.pop("id_number", True), person.pop("certificate", False)
            unique = mark + b"/" + str(number).encode()
            person |= {
                "name": person.get("name", f"王{self.number}之{number}"), "nationality": "01",
                "id_number_index": unique if with_id else None,
                "disability_certificate_index": unique if certificate else None,
            }  # fmt: skip
            self.rows.append(("member", placed | person))
        if case.income is not None:
            self.rows.append(("household_income", placed | dict(case.income)))
        for item, result in case.checks.items():
            check = {"year": 2018, "item": item, "result": result, "checked_on": "2018-04-01"}
            self.rows.append(("guarantee_check", placed | check))
        if case.pathway is not None:
            self.rows.append(("household_pathway", placed | {"pathway": "LIVESTOCK"} | dict(case.pathway)))
        if helper is not None:
            held = {"helper_id": helper, "level": "VILLAGE", "responsible": True, "from_on": "2016-01-01"}
            self.rows.append(("helper_assignment", placed | held))
        if case.allowance is not None:
            given = {"kind": "MINIMUM_LIVING", "given_on": case.allowance, "given_by": "民政局", "recorded_by": "x"}
            self.rows.append(("assistance", placed | given))
        return id


async def run(registry: Api) -> dict[str, Any]:
    """Look at the register; the run."""
    response = await registry.post("/v1/quality-runs", json={"on": DAY})
    assert response.status_code == 202, response.text
    await registry.drain()
    operation = (await registry.get(response.headers["Location"])).json()
    assert operation["state"] == "SUCCEEDED", operation
    found: dict[str, Any] = (await registry.get(response.headers["Content-Location"])).json()
    return found


async def findings(registry: Api, **wanted: Any) -> list[dict[str, Any]]:
    response = await registry.get("/v1/quality-findings", params={"limit": 200, **wanted})
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["items"]
    return found


async def test_every_rule_finds_what_it_is_for_and_nothing_else(registry: Api, subtests: pytest.Subtests) -> None:
    assert set(CASES) == {rule.code for rule in RULES}
    builder = Builder(registry)
    spoilt = dict(zip(CASES, await builder.build(*(bad for bad, _ in CASES.values())), strict=True))
    right = dict(zip(CASES, await builder.build(*(good for _, good in CASES.values())), strict=True))
    looked = await run(registry)
    assert QualityRun.model_validate(looked).finished_at is not None
    assert looked["households"] == sum(map(len, (*spoilt.values(), *right.values())))
    counts = {rule["rule"]: rule["found"] for rule in looked["rules"]}
    for rule in RULES:
        with subtests.test(rule.code):
            rows = await registry.sql(
                "SELECT household_id::text, zh, en FROM quality_finding WHERE rule = %s AND state = 'OPEN'", rule.code
            )
            found = {row[0] for row in rows}
            assert counts[rule.code] == len(rows)
            assert set(spoilt[rule.code]) <= found
            assert not found & set(right[rule.code])
            for _, zh, en in rows:
                assert re.search(r"[一-鿿]", zh)
                assert re.fullmatch(r"[ -~]+", en)
                assert not re.search(r"%|  |王", zh + en)


async def test_a_household_with_which_nothing_is_wrong_has_no_finding(registry: Api) -> None:
    await Builder(registry).build(Case())
    assert [rule for rule in (await run(registry))["rules"] if rule["found"]] == []
    (card,) = (await registry.get("/v1/quality-scores", params={"division": VILLAGE})).json()["items"]
    assert (card["score"], card["households"], card["findings"]) == (100, 1, 0)


async def test_a_finding_is_closed_when_it_is_no_longer_found_and_opened_again_when_it_is(registry: Api) -> None:
    ((id,),) = await Builder(registry).build(Case({"main_cause": None}))
    await run(registry)
    (first,) = await findings(registry, rule="Q08")
    assert QualityFinding.model_validate(first).state == "OPEN"
    assert (await run(registry))["rules"][7]["opened"] == 0

    await registry.sql("UPDATE household SET main_cause = '01'")
    await run(registry)
    (closed,) = await findings(registry, household_id=id)
    assert (closed["state"], closed["closed_at"] is None) == ("CLOSED", False)
    await registry.sql("UPDATE household SET main_cause = NULL")
    await run(registry)
    assert sorted(item["state"] for item in await findings(registry, rule="Q08")) == ["CLOSED", "OPEN"]
    assert len(await findings(registry, state="CLOSED")) == 1


async def test_the_words_follow_the_figures_while_a_finding_stands(registry: Api) -> None:
    await Builder(registry).build(Case({"house_grade": "C"}))
    await run(registry)
    await registry.sql("UPDATE household SET house_grade = 'D'")
    assert (await run(registry))["rules"][52] | {"seconds": 0} == {
        "rule": "Q53", "found": 1, "opened": 0, "closed": 0, "seconds": 0,
    }  # fmt: skip
    (finding,) = await findings(registry)
    assert (finding["en"], finding["zh"]) == (
        "The house is of grade D, yet housing was met in 2018.",
        "住房为D级，但2018年住房安全核查为达标。",
    )


async def test_a_person_excuses_a_finding_with_a_reason_and_it_stays_excused(registry: Api) -> None:
    await Builder(registry).build(Case({"main_cause": None}))
    await run(registry)
    (finding,) = await findings(registry)
    path = f"/v1/quality-findings/{finding['id']}:excuse"
    assert (await registry.as_("village-cadre", VILLAGE).post(path, json={"reason": "好"})).status_code == 403
    assert (await registry.post(path, json={"reason": " "})).status_code == 422
    excused = (await registry.post(path, json={"reason": "入户核实，原因复杂"})).json()
    assert (excused["state"], excused["excuse"]) == ("EXCUSED", "入户核实，原因复杂")
    assert excused["excused_by"]
    assert (await registry.post(path, json={"reason": "再说"})).json()["code"] == "finding-not-open"
    await run(registry)
    assert [item["state"] for item in await findings(registry)] == ["EXCUSED"]
    (card,) = (await registry.get("/v1/quality-scores", params={"division": VILLAGE})).json()["items"]
    assert (card["score"], card["excused"]) == (100, 1)


async def test_findings_and_runs_follow_the_division(registry: Api) -> None:
    builder = Builder(registry)
    await builder.build(Case({"main_cause": None}))
    await builder.build(Case({"main_cause": None, "division_code": OTHER_VILLAGE}))
    shared = {"bank_account_index": b"one account"}
    await builder.build(Case(shared))
    await builder.build(Case(shared | {"division_code": OTHER_VILLAGE}))
    await run(registry)
    assert len(await findings(registry)) == 4
    assert {item["division_code"] for item in await findings(registry, division="230882102")} == {OTHER_VILLAGE}
    clerk = registry.as_("town-clerk", "230882102")
    seen = await findings(clerk)
    assert {(item["rule"], item["division_code"]) for item in seen} == {("Q08", OTHER_VILLAGE), ("Q40", OTHER_VILLAGE)}
    hidden = next(item for item in await findings(registry) if item["division_code"] == VILLAGE)
    assert (await clerk.get(f"/v1/quality-findings/{hidden['id']}")).status_code == 404
    assert (await clerk.post(f"/v1/quality-findings/{hidden['id']}:excuse", json={"reason": "好"})).status_code == 404
    assert (await clerk.get("/v1/quality-runs")).json()["items"] == []

    # A town sees one of the two households with the account: it neither finds nor closes what it cannot judge.
    await registry.sql("UPDATE household SET main_cause = '01'")
    own = await run(clerk)
    assert own["division_code"] == "230882102000"
    assert {"Q40", "Q43", "Q50"} & {rule["rule"] for rule in own["rules"]} == set()
    states = {(item["rule"], item["division_code"]): item["state"] for item in await findings(registry)}
    assert states == {
        ("Q08", VILLAGE): "OPEN", ("Q08", OTHER_VILLAGE): "CLOSED",
        ("Q40", VILLAGE): "OPEN", ("Q40", OTHER_VILLAGE): "OPEN",
    }  # fmt: skip


async def test_villages_are_scored_by_the_worst_finding_of_each_household(registry: Api) -> None:
    builder = Builder(registry)
    await builder.build(Case({"main_cause": None, "house_grade": None}))  # an error and a notice
    await builder.build(Case(members=head(birth_date="1950-01-01")))  # a warning
    await builder.build(Case({"phone_index": None}))  # a notice
    await builder.build(Case())
    await run(registry)
    cards = (await registry.get("/v1/quality-scores", params={"division": world.TOWN})).json()["items"]
    assert all(QualityScore.model_validate(card) for card in cards)
    card = next(card for card in cards if card["division_code"] == VILLAGE)
    assert (card["households"], card["errors"], card["warnings"], card["notices"]) == (4, 1, 1, 1)
    assert card["findings"] == 4
    assert card["score"] == score(4, 1, 1, 1)


async def test_the_catalogue_is_numbered_and_speaks_both_languages(registry: Api) -> None:
    rules = [QualityRule.model_validate(item) for item in (await registry.get("/v1/quality-rules")).json()["items"]]
    assert len(rules) >= 30
    assert [rule.code for rule in rules] == [f"Q{n:02d}" for n in range(1, len(rules) + 1)]
    assert {rule.severity for rule in rules} == set(Severity)
    for rule in rules:
        assert all(re.search(r"[一-鿿]", words) for words in (rule.title_zh, rule.reason_zh, rule.remedy_zh))
        assert all(re.fullmatch(r"[ -~]+", words) for words in (rule.title_en, rule.reason_en, rule.remedy_en))
    unknown = await registry.get("/v1/quality-findings", params={"rule": "Q99"})
    assert unknown.json()["code"] == "unknown-rule"
