"""What the visits brought home: answers, households that were away, findings and what became of them.

The teams' packets come back a few days after the visits; the last days' are still out. Everything here is made up: what
a household says agrees with what the registry has of it, the rest is thrown with the world's own dice.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from fujin.client import Api, Service
from fujin.households import Household
from fujin.people import Dice
from fujin.registry import FileRefused
from fujin.world import World

CAUSES = ("ILLNESS", "DISABILITY", "SCHOOLING", "LABOUR", "SKILL", "MONEY")
DAYS_OUT = 2  # the last days' packets are not back
AWAY = 0.03  # of the households: the team finds nobody and goes to the next reserve
# Question, answer that is wanting, kind, severity, words, unit that puts it right, working days.
WANTING: tuple[tuple[str, bool, str, str, str, str, int], ...] = (
    ("water_safe", False, "06", "MAJOR", "饮水水质未检测，水压不足。（演示）", "水务局", 15),
    ("house_rebuilt", False, "05", "MAJOR", "住房等级为C级或D级，未列入危房改造。（演示）", "住房和城乡建设局", 20),
    ("insured", False, "04", "SEVERE", "家中有人未参加基本医疗保险。（演示）", "人力资源和社会保障局", 5),
    ("helper_known", False, "09", "MINOR", "不知道帮扶责任人是谁。（演示）", "扶贫办", 10),
)
EACH = 5  # findings of each sort that are written down; the others are told on the spot
PAPER = ("整改佐证.pdf", b"%PDF-1.4\n% synthetic evidence\n", "application/pdf")


class Pace(NamedTuple):
    """How far a finding has come: steps taken, each so many days after the one before, from the day it was found."""

    steps: tuple[str, ...]
    days: int


# One after another: struck off; failed its re-check and is back; reported; measures agreed; nothing done.
PACES = (
    Pace(("agree-measures", "report", "recheck", "close"), 3),
    Pace(("agree-measures", "report", "recheck", "close"), 6),
    Pace(("agree-measures", "report", "recheck-failed", "reopen"), 3),
    Pace(("agree-measures", "report"), 5),
    Pace(("agree-measures",), 4),
    Pace((), 0),
)


def load(api: Api, world: World, draw: dict[str, Any], roving: list[dict[str, Any]]) -> None:
    office = api("inspection", role="inspector", division=world.county.code)
    (checklist,) = office.get("/v1/checklists", name="household")["items"]
    known = {household.household_no: household for household in world.households}
    round_ = Round(api, office, draw["id"], checklist["id"], known, world.dice("visits"), office.today())
    round_.load([team["id"] for team in roving])


class Round:
    """One draw's visits as their teams bring them back."""

    def __init__(
        self, api: Api, office: Service, draw_id: str, checklist_id: str, known: dict[str, Household], dice: Dice,
        today: date,
    ) -> None:  # fmt: skip
        self.api = api
        self.office = office
        self.draw_id = draw_id
        self.checklist_id = checklist_id
        self.known = known
        self.dice = dice
        self.today = today

    def load(self, checkers: list[str]) -> None:
        visits = list(self.office.items("/v1/visits", draw_id=self.draw_id))
        main = [visit for visit in visits if visit["replaces"] is None]
        out = sorted({visit["planned_on"] for visit in main})[-DAYS_OUT:]
        back = [visit for visit in main if visit["planned_on"] not in out and self.passed(visit["planned_on"])]
        told = {visit["id"]: self.submission(visit) for visit in back}
        self.hand_in(told)

        away = [visit for visit in back if told[visit["id"]]["outcome"] == "FAILED"]
        instead = [self.office.post(f"/v1/visits/{visit['id']}:replace", {}) for visit in away]
        reserves = {visit["id"]: self.submission(visit, at_home=True) for visit in instead}
        self.hand_in(reserves)

        for number, (visit, finding) in enumerate(self.findings(back, told)):
            self.follow(self.office.post("/v1/findings", finding), visit, number, checkers)

    def passed(self, day: str) -> bool:
        """Whether the services' own day has come so far: a moved clock may stand at the day of the report."""
        return date.fromisoformat(day) <= self.today

    def hand_in(self, told: dict[str, dict[str, Any]]) -> None:
        """A packet of forms as ODK or Kobo send them."""
        if told:
            packet = {"checklist_id": self.checklist_id, "submissions": list(told.values())}
            taken = self.office.post(f"/v1/draws/{self.draw_id}/submissions", packet)
            if taken["refused"]:
                cells = "; ".join(f"{cell['row']} {cell['column']}: {cell['en']}" for cell in taken["errors"][:5])
                raise FileRefused(f"{taken['refused']} forms were not taken: {cells}")

    def submission(self, visit: dict[str, Any], *, at_home: bool = False) -> dict[str, Any]:
        """One form."""
        form = {
            "checklist_id": self.checklist_id, "household": visit["household_no"], "visited_on": visit["planned_on"]
        }  # fmt: skip
        if self.dice.chance(AWAY) and not at_home:
            return form | {"outcome": "FAILED", "failure": self.dice.pick(("AWAY", "NOBODY_HOME", "MOVED"))}
        said = self.answers(self.known[visit["household_no"]])
        return form | {"outcome": "DONE"} | {name: _cell(value) for name, value in said.items()}

    def answers(self, household: Household) -> dict[str, Any]:
        """What the household says; the questions that do not concern it are left out."""
        chance = self.dice.chance
        grade = household.house_grade or "B"
        exited = household.registered and not household.poor
        said: dict[str, Any] = {
            "food_enough": True, "protein": chance(0.82 if household.poor else 0.94), "clothing": chance(0.97),
            "pupils": household.students, "insured": chance(0.985), "doctor": chance(0.9),
            "house_grade": grade, "water_safe": chance(0.93), "water_minutes": self.dice.between(0, 15),
            "registered": household.registered, "income_per_head": str(self.dice.between(2_300, 9_800)),
            "helper_known": chance(0.96), "measures": self.dice.sample(("INDUSTRY", "WORK", "HEALTH", "ALLOWANCE"), 2),
            "help_works": chance(0.88), "satisfied": self.dice.weighted(("VERY", "RATHER", "LITTLE"), (70, 25, 5)),
        }  # fmt: skip
        if household.students:
            said["dropouts"] = False
        if grade in ("C", "D"):
            said["house_rebuilt"] = chance(0.9)
        if household.registered:
            said |= {"assessed": True, "cause": self.dice.pick(CAUSES), "exited": exited}
        else:
            said["should_be"] = False
        if exited:
            said["exit_agreed"] = True
        if said["helper_known"]:
            said["helper_visits"] = self.dice.between(1, 6)
        return said

    def findings(
        self, visits: list[dict[str, Any]], told: dict[str, dict[str, Any]]
    ) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """The first few of each sort, in the order of the visits."""
        for question, answer, kind, severity, words, unit, working_days in WANTING:
            wanting = [visit for visit in visits if told[visit["id"]].get(question) == _cell(answer)]
            for visit in wanting[:EACH]:
                yield visit, {
                    "visit_id": visit["id"], "subject": "HOUSEHOLD", "kind": kind, "severity": severity,
                    "description": words, "responsible_unit": unit, "found_on": visit["planned_on"],
                    "working_days": working_days,
                }  # fmt: skip

    def follow(self, finding: dict[str, Any], visit: dict[str, Any], number: int, checkers: list[str]) -> None:
        """The town puts it right and shows it; a roving team, not the finder, checks again; then it is closed."""
        pace = PACES[number % len(PACES)]
        town = self.api("inspection", role="town-clerk", division=f"{visit['village_code'][:9]}000")
        day = date.fromisoformat(finding["found_on"])
        for verb in pace.steps:
            day += timedelta(days=pace.days)
            if day > self.today:
                return
            step: dict[str, Any] = {"on": str(day), "text": "见佐证材料。（演示）"}
            if verb.startswith("recheck"):
                step |= {"team_id": checkers[number % len(checkers)], "passed": verb == "recheck"}
            if verb == "reopen":
                step["working_days"] = 10
            if verb == "report":
                town.post(f"/v1/findings/{finding['id']}/attachments", files={"file": PAPER}, data={"note": "整改佐证"})
            who = town if verb in ("agree-measures", "report") else self.office
            who.post(f"/v1/findings/{finding['id']}:{verb.removesuffix('-failed')}", step)


def _cell(value: Any) -> Any:
    """As a form exports it: codes, not JSON's true and false."""
    return ("yes" if value else "no") if isinstance(value, bool) else value
