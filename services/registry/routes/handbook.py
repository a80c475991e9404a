"""帮扶手册: a household on paper, and who has seen it in the clear."""

from collections.abc import Mapping
from importlib.resources import files
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from fupin import audit
from fupin.app import Router
from fupin.auth import needs
from fupin.codelists import CodeList
from fupin.db import Db
from fupin.problems import NotFound, problems
from services.registry import codes
from services.registry.codes.accesses import AccessKind
from services.registry.codes.support import AssistanceKind
from services.registry.problems.unmasking import TooManyUnmasked
from services.registry.queries import accesses, households
from services.registry.queries.handbook import Handbook, handbook
from services.registry.routes.answers import AsOf, Sealing
from services.registry.routes.households import in_the_clear
from services.registry.routes.unmasking import counted
from services.registry.schemas.exports import ClearHandbook
from services.registry.schemas.households import Unmasked

router = Router(tags=["handbook"])

# The page needs nothing but its own text: whatever a name or a remark may hold, no script of it runs.
SAFE: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store, private",
    "Content-Language": "zh-CN",
}
PAGE: dict[int | str, dict[str, object]] = {200: {"description": "A page for A4 paper, in Chinese."}}

_LISTS: dict[str, type[CodeList]] = {
    "assistance": AssistanceKind,
    "cause": codes.PovertyCause,
    "education": codes.Education,
    "grade": codes.HouseGrade,
    "health": codes.Health,
    "item": codes.GuaranteeItem,
    "labour": codes.LabourAbility,
    "level": codes.HelperLevel,
    "nationality": codes.Nationality,
    "relation": codes.Relation,
    "residence": codes.Residence,
    "result": codes.GuaranteeResult,
    "school": codes.SchoolStage,
    "sex": codes.Sex,
    "status": codes.HouseholdStatus,
    "type": codes.PovertyType,
}


_WORDS = {name: {entry.code: entry.zh for entry in found.entries()} for name, found in _LISTS.items()}


def _word(code: str | None, of: str) -> str:
    """The Chinese word of a code; nothing for none."""
    return "" if code is None else _WORDS[of][code]


def _yuan(fen: int | None) -> str:
    return "" if fen is None else f"{fen // 100:,}.{fen % 100:02d}" if fen >= 0 else f"-{_yuan(-fen)}"


_environment = Environment(
    loader=FileSystemLoader(str(files("services.registry") / "templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters |= {"word": _word, "yuan": _yuan}


@router.get(
    "/v1/households/{household_id}/handbook",
    response_class=HTMLResponse,
    dependencies=[needs("registry:read")],
    responses={**problems(NotFound), **PAGE},
)
async def get_handbook(household_id: UUID, db: Db, as_of: AsOf) -> HTMLResponse:
    """The household's handbook (帮扶手册), to read or print; personal numbers masked."""
    return _page(await handbook(db, household_id, as_of), None)


@router.post(
    "/v1/households/{household_id}/handbook",
    response_class=HTMLResponse,
    dependencies=[needs("registry:read", "registry:pii"), counted()],
    responses={**problems(NotFound, TooManyUnmasked), **PAGE},
)
async def print_handbook_in_the_clear(
    household_id: UUID, why: ClearHandbook, request: Request, db: Db, vault: Sealing, as_of: AsOf
) -> HTMLResponse:
    """The handbook with personal numbers in the clear, for a purpose that stands in the access history."""
    # A repeated request is answered anew, and audited anew: a stored answer would keep the numbers in the clear.
    request.state.idempotency = None
    found = await handbook(db, household_id, as_of)
    await audit.record(db, "HANDBOOK", "household", household_id, purpose=why.purpose)
    await accesses.record(db, AccessKind.HANDBOOK, households.row(household_id), purpose=why.purpose)
    return _page(found, await in_the_clear(db, vault, household_id))


def _page(found: Handbook, clear: Unmasked | None) -> HTMLResponse:
    household, people = dict(found.household), [dict(one) for one in found.members]
    if clear is not None:
        household |= {"phone": clear.phone, "bank_account": clear.bank_account}
        numbers = {str(one.id): one for one in clear.members}
        for one in people:
            if (known := numbers.get(one["id"])) is not None:
                one |= {"id_number": known.id_number, "disability_certificate": known.disability_certificate}
    body = _environment.get_template("handbook.html").render(
        book=found, household=household, members=people, masked=clear is None
    )
    return HTMLResponse(body, headers=dict(SAFE))
