"""Estimates are those of R's survey package, their intervals cover what they promise, nothing biased passes as one."""

import csv
from pathlib import Path

import numpy as np
import pytest

from services.inspection.rules.estimates import Design, Unit, estimate, t_quantile
from tests.conftest import Api
from tests.inspection.conftest import Drawn, Json, all_of, ok, town
from tests.inspection.visiting import planned, record

# 520 households of 52 villages, drawn as the plan of the county draws them.
SAMPLE = Path(__file__).parent / "oracle.csv"


def test_the_figures_are_those_of_the_survey_package() -> None:
    """
    survey 4.1 printed for `svydesign(~village + hh, strata = ~town + hs, fpc = ~f1 + f2)`, lonely PSUs removed (there
    are none that are not certain): all 0.79284426 (SE 0.02604), poor 0.86150108 (SE 0.02508), 33 degrees of freedom.
    """
    rows = list(csv.DictReader(SAMPLE.read_text().splitlines()))
    design = Design(
        Unit(row["town"], "", row["village"], row["poor"] == "1", int(row["f1"]), int(row["f2"])) for row in rows
    )
    rows = [rows[at] for at in design.order]
    y = np.array([float(row["y"]) for row in rows])
    poor = np.array([row["poor"] == "1" for row in rows])

    found = estimate(
        design, np.column_stack([y, y]), np.column_stack([np.ones(len(rows), bool), poor]), np.array([True, True])
    )

    assert [f"{value:.8f}" for value in found.value] == ["0.79284426", "0.86150108"]
    assert [f"{se:.5f}" for se in found.se] == ["0.02604", "0.02508"]
    assert list(found.df) == [33, 33]
    weights = {row["hh"]: float(row["w"]) for row in rows}
    assert np.allclose(design.weight, [weights[row["hh"]] for row in rows])


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """
    Four thousand samples of one county: 11 towns of which 4 villages are drawn of 12 to 32, 8 certain villages; poor
    households are fewer, drawn more densely, and better off for the question asked, as after a year of help.
    """
    random = np.random.default_rng(20180516)
    samples, households = 4_000, {True: 40, False: 220}
    units, values = [], []
    total, size = 0.0, 0
    places = [(f"t{at:02}", 12 + 2 * at, 4) for at in range(11)] + [(f"c{at}", 1, 1) for at in range(8)]
    for name, villages, drawn in places:
        chosen = np.argsort(random.random((samples, villages)), axis=1)[:, :drawn]
        for poor, count in households.items():
            level = np.clip(random.beta(*((8, 2) if poor else (6, 4)), villages), 0.05, 0.98)
            answers = random.random((villages, count)) < level[:, None]
            total += answers.sum()
            size += answers.size
            for at in range(drawn):
                asked = np.argsort(random.random((samples, count)), axis=1)[:, :5]
                units += [Unit(name, "", f"{name}-{at}", poor, villages, count)] * 5
                values.append(answers[chosen[:, at, None], asked].T)
    design = Design(units)
    rows = np.vstack(values)[design.order].astype(float)
    truth = total / size

    found = estimate(design, rows, np.ones_like(rows, bool), np.ones(samples, bool))

    covered = np.mean((found.low <= truth) & (truth <= found.high))
    assert 0.93 <= covered <= 0.97
    assert abs(found.value.mean() - truth) < 0.002
    assert 0.95 < found.se.mean() / found.value.std() < 1.05
    half = t_quantile(0.975, design.size - 1) * np.sqrt(found.plain * (1 - found.plain) / design.size)
    assert np.mean(abs(found.plain - truth) <= half) < 0.8  # what an unweighted percentage would claim
    assert np.all(found.effective < design.size)


def test_nothing_and_everything_have_intervals_too() -> None:
    units = [Unit("t", "", f"v{village}", False, 8, 50) for village in range(4) for _ in range(5)]
    whole = [Unit("t", "", "v", False, 1, 5)] * 5
    shares = np.array([True, True])

    none, all_ = (
        estimate(Design(units), np.full((20, 1), value), np.ones((20, 1), bool), shares[:1]) for value in (0, 1)
    )
    asked = estimate(Design(whole), np.zeros((5, 1)), np.ones((5, 1), bool), shares[:1])
    nobody = estimate(Design(units), np.zeros((20, 2)), np.zeros((20, 2), bool), shares)

    assert (none.low[0], round(none.high[0], 3)) == (0, pytest.approx(1 - all_.low[0], abs=1e-3))
    assert 0.168 < none.high[0] < 0.5  # wider than 20 independent answers allow
    assert (asked.low[0], asked.high[0]) == (0, 0)  # a village of five, all asked
    assert np.isnan(nobody.value).all()
    assert list(nobody.answers) == [0, 0]


def test_a_village_alone_in_its_stratum_widens_the_interval() -> None:
    """It is compared with the mean of the whole sample: its spread cannot be known, and is not taken for none."""
    pair = [Unit("t", "", f"v{village}", False, 8, 50) for village in range(2) for _ in range(5)]
    alone = [Unit("u", "", "w", False, 8, 50)] * 5
    values = np.array([0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 0, 0, 1, 0, 0], float)[:, None]
    design = Design(pair + alone)

    found = estimate(design, values, np.ones((15, 1), bool), np.array([True]))

    # R: svydesign(~village + household, strata = ~town + village, fpc = ~M + N), survey.lonely.psu = "adjust"
    deviation = values[:, 0] - found.value[0]
    by_village = deviation.reshape(3, 5).sum(axis=1) * 10
    first = 8**2 / 2 * (1 - 2 / 8) * np.var(by_village[:2], ddof=1) + 8**2 * (1 - 1 / 8) * by_village[2] ** 2
    within = 50**2 / 5 * (1 - 5 / 50) * np.var(deviation.reshape(3, 5), axis=1, ddof=1)
    assert found.se[0] ** 2 == pytest.approx((first + (within * [4, 4, 8]).sum()) / (4 * 50 * 2 + 8 * 50) ** 2)
    assert found.df[0] == 1


async def test_every_question_is_estimated_for_all_the_poor_strata_and_towns(inspection: Api, drawn: Drawn) -> None:
    drawing, visits, checklist = await planned(inspection, drawn)
    path = f"/v1/draws/{drawing['id']}/estimates?checklist_id={checklist}"
    empty = await ok(inspection.get(path), 200)
    for at, visit in enumerate(visits[:60]):
        await record(inspection, visit, checklist, water_safe=at % 3 > 0, water_minutes=at % 10, measures=["WORK"])

    found = await ok(inspection.get(path), 200)
    biased = await ok(inspection.get(f"{path}&question=water_safe&domain=ALL&unweighted=true"), 200)

    assert (empty["visits"], empty["unvisited"]) == (0, 20)
    assert {item["estimate"] for item in empty["items"]} == {None}
    items = {(i["question"], i["choice"], i["domain"], i["code"]): i for i in found["items"]}
    names = {name for name, *_ in items}
    assert len(names) == 25
    domains = {(domain, code) for name, _, domain, code in items if name == "water_safe"}
    assert domains >= {("ALL", None), ("POVERTY", "POOR"), ("POVERTY", "OTHER"), ("STRATUM", "KEY"), ("TOWN", town(0))}
    water = items["water_safe", None, "ALL", None]
    assert 0 < water["low"] < water["estimate"] < water["high"] < 1
    assert (water["measure"], water["answers"], water["unweighted"]) == ("SHARE", 60, None)
    assert items["water_minutes", None, "ALL", None]["measure"] == "MEAN"
    assert items["water_minutes", None, "ALL", None]["unit"] == "分钟"
    assert items["measures", "WORK", "ALL", None]["estimate"] == 1
    assert items["measures", "HEALTH", "ALL", None]["choice_zh"] == "健康扶贫"
    assert items["should_be", None, "ALL", None]["answers"] == 0
    behind = f"/v1/draws/{drawing['id']}/answers?checklist_id={checklist}&question=water_safe"
    answers = await all_of(inspection, behind)
    assert (len(answers), sum(answer["value"] for answer in answers)) == (60, 40)
    of_draw = f"/v1/draws/{drawing['id']}/households"
    everyone, nobody = [await all_of(inspection, of_draw + more) for more in ("", "?represented=false")]
    assert {(h["village_code"], h["poor"]) for h in nobody} == {(h["village_code"], h["poor"]) for h in everyone} - {
        (h["village_code"], h["poor"]) for h in await all_of(inspection, f"{of_draw}?represented=true")
    }
    assert len({(h["village_code"], h["poor"]) for h in nobody}) == found["unvisited"]
    (item,) = biased["items"]
    assert item["unweighted"]["value"] == pytest.approx(40 / 60)
    assert ("有偏" in item["unweighted"]["zh"], "biased" in item["unweighted"]["en"]) == (True, True)
    await corrected(inspection, visits[0], checklist)
    assert [answer["value"] for answer in await all_of(inspection, behind)].count(True) == 41
    again = await ok(inspection.get(f"{path}&question=water_safe&domain=ALL"), 200)
    assert again["items"][0]["estimate"] > item["estimate"]


async def corrected(inspection: Api, visit: Json, checklist: str) -> None:
    change = {"checklist_id": checklist, "answers": {"water_safe": True}, "reason": "录入有误"}
    await ok(inspection.post(f"/v1/visits/{visit['id']}/answers:correct", json=change))
