"""Estimates: what the visits say about all households."""

import math
from typing import Annotated
from uuid import UUID

import anyio
import numpy as np
from fastapi import Query

from fupin.app import Router
from fupin.auth import needs
from fupin.db import Db
from fupin.problems import NotFound, problems
from services.inspection import models
from services.inspection.codes import Domain, Measure
from services.inspection.queries import checklists, common
from services.inspection.queries import estimates as queries
from services.inspection.rules import estimates as rules
from services.inspection.rules import estimates_tables as tables
from services.inspection.schemas.estimates import Estimate, Estimates, Unweighted

router = Router(tags=["estimates"])
BIASED = (
    "样本中的简单比例或均值：各户入样概率不同，有偏，不能代表全部农户",
    "The sample's plain share or mean: households were not drawn alike, it is biased and does not speak of all",
)


@router.get("/v1/draws/{draw_id}/estimates", dependencies=[needs("inspection:read")], responses=problems(NotFound))
async def get_estimates(
    draw_id: UUID,
    db: Db,
    checklist_id: Annotated[UUID, Query()],
    question: str | None = None,
    domain: Domain | None = None,
    unweighted: bool = False,
) -> Estimates:
    """
    Every question of a checklist for all households, poor and other, each stratum and each town: weighted, with a
    design-based 95 % interval, degrees of freedom and effective size.
    """
    await common.get(db, models.Draw, draw_id)
    asked = [q for q in await checklists.asked(db, checklist_id) if question in (None, q.name)]
    if not asked:
        raise NotFound
    units = await queries.units(db, draw_id)
    found = await queries.answers(db, draw_id, [q.id for q in asked])
    nobody = queries.Answers([], [])
    answered = [
        tables.Answered(q.name, q.kind, [choice["code"] for choice in q.choices], *found.get(q.id, nobody))
        for q in asked
    ]
    wanted = [domain] if domain else list(Domain)
    items = await anyio.to_thread.run_sync(_items, asked, answered, units, wanted, unweighted)
    return Estimates.model_construct(
        draw_id=draw_id,
        checklist_id=checklist_id,
        visits=len(units),
        unvisited=await queries.unvisited(db, draw_id),
        items=items,
    )


def _items(
    asked: list[models.Question],
    answered: list[tables.Answered],
    units: list[rules.Unit],
    domains: list[Domain],
    unweighted: bool,
) -> list[Estimate]:
    columns = [column for question in answered for column in tables.columns(question)]
    values, within = tables.numbers(answered, len(units))
    shares = np.array([column.measure is Measure.SHARE for column in columns])
    of = {question.name: question for question in asked}
    words = [tables.titles(of[column.question].choices, column.choice) for column in columns]
    items = []
    for part, figures in tables.estimates(rules.Design(units), values, within, shares, domains):
        for at, (column, (zh, en)) in enumerate(zip(columns, words, strict=True)):
            question = of[column.question]
            plain = _said(figures.plain[at])
            items.append(
                Estimate.model_construct(
                    question=column.question, zh=question.zh, en=question.en, measure=column.measure,
                    choice=column.choice, choice_zh=zh, choice_en=en, unit=question.unit, domain=part.domain,
                    code=part.code, answers=int(figures.answers[at]), estimate=_said(figures.value[at]),
                    se=_said(figures.se[at]), low=_said(figures.low[at]), high=_said(figures.high[at]),
                    df=int(figures.df[at]), effective_n=_said(figures.effective[at], 1),
                    unweighted=Unweighted(value=plain, zh=BIASED[0], en=BIASED[1])
                    if unweighted and plain is not None else None,
                )
            )  # fmt: skip
    return items


def _said(figure: float, digits: int = 8) -> float | None:
    return None if math.isnan(figure) else round(float(figure), digits)
