"""Comparisons of rosters: what became of every row, why, and where."""

import asyncio
from collections import Counter
from datetime import date, datetime
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from fupin.app import Router
from fupin.auth import open_route
from services.portal.clients import Peers, Services, Told
from services.portal.routes.page import SignedIn, Spoken, carried, page, to_sign_in
from services.portal.routes.rows import STATUS
from services.portal.rules.charts import Part, bar

router = Router(include_in_schema=False)

OUTCOMES = {"KEPT": "done", "REMOVED": "late", "ADDED": "a", "CONFLICT": "b"}  # with the colour of each


class Comparison(BaseModel):
    id: str
    name: str
    kind: str
    as_of: date
    state: str


class Sums(BaseModel):
    base_rows: int
    kept: int
    removed: int
    added: int
    conflicts: int
    dropped: int
    matched: int
    unmatched: int


class Result(Comparison):
    base_roster_id: str
    signed_off_by: str | None
    signed_off_at: datetime | None
    sums: Sums


class Removed(BaseModel):
    """A row that fell off the roster: only why. Whose it is stays with the registry."""

    reason: str | None


Town = tuple[str, str, dict[str, int], list[Part]]  # code, name, rows by outcome, bar


@router.get("/comparisons", dependencies=[open_route()])
async def show_comparisons(request: Request, peers: Peers, spoken: Spoken, viewer: SignedIn) -> Response:
    """Every comparison the viewer may see."""
    if viewer is None:
        return to_sign_in(request)
    told, labels = await asyncio.gather(
        peers.everything("registry", "/v1/comparisons", Comparison, viewer.token),
        peers.labels("registry", "comparison-state", "roster-kind"),
    )
    return page(
        request, "comparisons.html", spoken, viewer, status=STATUS[told.reason] if told.reason else 200, told=told,
        labels=labels, query=carried(None, request),
    )  # fmt: skip


@router.get("/comparisons/{comparison_id}", dependencies=[open_route()])
async def show_comparison(
    request: Request, comparison_id: UUID, peers: Peers, spoken: Spoken, viewer: SignedIn
) -> Response:
    """One comparison: base = kept + removed, the reasons, the towns, what is still to be decided."""
    if viewer is None:
        return to_sign_in(request)
    path = f"/v1/comparisons/{comparison_id}"
    told, removed, towns, labels = await asyncio.gather(
        peers.ask("registry", path, Result, viewer.token),
        peers.everything("registry", f"{path}/rows", Removed, viewer.token, {"outcome": "REMOVED"}),
        by_town(peers, viewer.token, path),
        peers.labels("registry", "comparison-state", "roster-kind", "outcome"),
    )
    reasons = Counter(row.reason for row in removed.value or [])
    most = max(reasons.values(), default=0)
    return page(
        request, "comparison.html", spoken, viewer, status=STATUS[told.reason] if told.reason else 200, told=told,
        removed=removed, towns=towns, outcomes=OUTCOMES, labels=labels, query=carried(None, request),
        reasons=[(reason, rows, bar([("late", rows)], most)) for reason, rows in reasons.most_common()],
    )  # fmt: skip


async def by_town(peers: Services, token: str, path: str) -> Told[list[Town]]:
    """Rows by outcome in each town that the viewer sees: counted by the registry, however long the rosters are."""
    names = await peers.towns(token)
    asked = [(code, outcome) for code in names for outcome in OUTCOMES]
    questions = [{"division": code[:9], "outcome": outcome} for code, outcome in asked]
    found = await peers.counts("registry", f"{path}/rows", token, questions)
    if found.value is None:
        return Told("registry", None, found.reason)
    rows: dict[str, dict[str, int]] = {}
    for (code, outcome), count in zip(asked, found.value, strict=True):
        rows.setdefault(code, {})[outcome] = count
    longest = max((sum(counts.values()) for counts in rows.values()), default=0)
    return Told(
        "registry",
        [
            (code, names[code], counts, bar([(OUTCOMES[o], n) for o, n in counts.items()], longest))
            for code, counts in rows.items()
            if sum(counts.values())
        ],
    )
