"""Housing figures: the sums of the newest signed-off housing comparison, each counted from the rows it points to."""

from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.figures import Figure, figure
from fupin.listing import Listing, count
from services.registry.models import Comparison
from services.registry.queries import comparisons, rosters

NEWEST = text("""
    SELECT c.id, (SELECT r.id FROM roster r WHERE r.comparison_id = c.id AND r.state = 'READY' AND r.as_of <= :as_of
                  ORDER BY r.as_of DESC, r.id DESC LIMIT 1) AS next_roster_id
    FROM comparison c
    WHERE c.kind = 'HOUSING' AND c.state = 'SIGNED_OFF' AND c.as_of <= :as_of
    ORDER BY c.as_of DESC, c.signed_off_at DESC LIMIT 1
""")

_LABELS = (
    ("housing_roster", "危房改造四类人员台账", "Housing roster of the four categories"),
    ("housing_removed", "动态管理清退", "Removed as no longer eligible"),
    ("housing_eligible", "符合四类人员", "Still eligible"),
    ("housing_appraised", "已鉴定", "Appraised"),
    ("housing_not_appraised", "未鉴定", "Not appraised"),
    ("housing_applied", "提交申请鉴定", "In the application for appraisal"),
    ("housing_applied_urban", "其中城市人口", "Of those, urban (added by the newer data)"),
)


async def housing_figures(db: AsyncSession, as_of: date) -> list[Figure]:
    """
    The roster, who was removed and kept, who is appraised, who is in the application made from it.

    Before a housing comparison has been signed off everything counts zero, and points to the comparisons there are.
    """
    newest = (await db.execute(NEWEST, {"as_of": as_of})).one_or_none()
    compared = await comparisons.found(db, newest.id) if newest else None
    if newest is None or compared is None:
        none = f"/v1/comparisons?kind=HOUSING&state=SIGNED_OFF&as_of={as_of.isoformat()}"
        return [_figure(id, zh, en, none, 0) for id, zh, en in _LABELS]
    counted = _listings(compared, newest.next_roster_id, as_of)
    return [_figure(id, zh, en, counted[id][0], await count(db, counted[id][1])) for id, zh, en in _LABELS]


def _listings(compared: Comparison, next_roster_id: UUID | None, as_of: date) -> dict[str, tuple[str, Listing]]:
    """Each figure's address and the very listing that this address answers."""
    rows = f"/v1/comparisons/{compared.id}/rows"
    found = {
        "housing_roster": (f"/v1/rosters/{compared.base_roster_id}/rows", rosters.rows(compared.base_roster_id)),
        "housing_removed": (f"{rows}?outcome=REMOVED", comparisons.rows(compared, outcome="REMOVED")),
        "housing_eligible": (f"{rows}?outcome=KEPT", comparisons.rows(compared, outcome="KEPT")),
        "housing_appraised": (
            f"{rows}?outcome=KEPT&matched=true",
            comparisons.rows(compared, outcome="KEPT", matched=True),
        ),
        "housing_not_appraised": (
            f"{rows}?outcome=KEPT&matched=false",
            comparisons.rows(compared, outcome="KEPT", matched=False),
        ),
    }
    if next_roster_id is None:
        none = f"/v1/rosters?comparison_id={compared.id}&state=READY&as_of={as_of.isoformat()}"
        made = Listing("id", "roster", (("id", UUID),)).where(
            "comparison_id = %(id)s AND state = 'READY' AND as_of <= %(as_of)s", id=compared.id, as_of=as_of
        )
        return found | dict.fromkeys(("housing_applied", "housing_applied_urban"), (none, made))
    applied = f"/v1/rosters/{next_roster_id}/rows"
    return found | {
        "housing_applied": (applied, rosters.rows(next_roster_id)),
        "housing_applied_urban": (f"{applied}?outcome=ADDED", rosters.rows(next_roster_id, outcome="ADDED")),
    }


def _figure(id: str, zh: str, en: str, href: str, rows: int) -> Figure:
    return figure(id, rows, "household", zh=zh, en=en, href=href, rows=rows)
