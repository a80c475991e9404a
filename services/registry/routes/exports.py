"""Any list as a file, with the list's own filters: CSV, workbook, or JSON lines."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request, Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.downloads import TooManyExports
from fupin.problems import problems
from fupin.tables import NDJSON
from services.registry.codes.accesses import ExportFormat
from services.registry.problems.exports import TooLongForWorkbook
from services.registry.queries.exports import Sealed
from services.registry.routes.answers import Sealing
from services.registry.routes.comparisons import WantedComparisonRows
from services.registry.routes.exporting import Export
from services.registry.routes.guarantees import WantedChecks
from services.registry.routes.helpers import WantedAssignments, WantedGaps
from services.registry.routes.households import ACCOUNT, PHONE, Wanted
from services.registry.routes.members import CERTIFICATE, ID_NUMBER, WantedMembers
from services.registry.routes.pathways import WantedPathways
from services.registry.routes.rosters import WantedRosters, WantedRows
from services.registry.rules import sheets
from services.registry.schemas.exports import ClearExport
from services.registry.workbooks import XLSX

router = Router(tags=["exports"])

Handler = TypeVar("Handler", bound=Callable[..., Any])

FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The rows: CSV and workbook with Chinese headings and words, NDJSON as the list answers them.",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("text/csv", XLSX, NDJSON)},
    },
    **problems(TooLongForWorkbook, TooManyExports),
}

CLEAR_HOUSEHOLD = (
    Sealed("phone", "h", "phone_enc", PHONE),
    Sealed("bank_account", "h", "bank_account_enc", ACCOUNT),
)
CLEAR_MEMBER = (
    Sealed("id_number", "m", "id_number_enc", ID_NUMBER),
    Sealed("disability_certificate", "m", "disability_certificate_enc", CERTIFICATE),
)


async def _asked(
    request: Request,
    who: Who,
    kind: Annotated[ExportFormat, Query(alias="format", description="CSV, workbook or JSON lines.")] = ExportFormat.CSV,
    bom: Annotated[bool, Query(description="CSV begins with a byte order mark, as spreadsheets like it.")] = True,
) -> Export:
    return Export(request, who, kind, bom)


Asked = Annotated[Export, Depends(_asked)]


def _file(path: str) -> Callable[[Handler], Handler]:
    return router.get(path, response_class=Response, dependencies=[needs("registry:read")], responses=FILE)


@_file("/v1/households/export")
async def export_households(export: Asked, wanted: Wanted) -> Response:
    """The household list as a file, personal numbers masked."""
    return await export.answer(wanted.listing(), sheets.HOUSEHOLDS)


@_file("/v1/members/export")
async def export_members(export: Asked, wanted: WantedMembers) -> Response:
    """The member list as a file, personal numbers masked."""
    return await export.answer(wanted.listing(), sheets.MEMBERS)


@_file("/v1/household-pathways/export")
async def export_household_pathways(export: Asked, wanted: WantedPathways) -> Response:
    """Which households are on which pathway, as a file."""
    return await export.answer(wanted, sheets.PATHWAYS)


@_file("/v1/helper-assignments/export")
async def export_helper_assignments(export: Asked, wanted: WantedAssignments) -> Response:
    """Who helps whom, as a file."""
    return await export.answer(wanted, sheets.HELPERS)


@_file("/v1/guarantees/export")
async def export_guarantee_checks(export: Asked, wanted: WantedChecks) -> Response:
    """Guarantee checks, as a file."""
    return await export.answer(wanted, sheets.GUARANTEES)


@_file("/v1/helper-gaps/export")
async def export_helper_gaps(export: Asked, wanted: WantedGaps) -> Response:
    """Households and towns that nobody helps, as a file."""
    return await export.answer(wanted, sheets.HELPER_GAPS)


@_file("/v1/rosters/export")
async def export_rosters(export: Asked, wanted: WantedRosters) -> Response:
    """The list of rosters, as a file."""
    return await export.answer(wanted, sheets.ROSTERS)


@_file("/v1/rosters/{roster_id}/rows/export")
async def export_roster_rows(export: Asked, wanted: WantedRows) -> Response:
    """The rows of a roster as a file, ID numbers masked."""
    return await export.answer(wanted, sheets.ROSTER)


@_file("/v1/comparisons/{comparison_id}/rows/export")
async def export_comparison_rows(export: Asked, wanted: WantedComparisonRows) -> Response:
    """What became of each row of a comparison, as a file, ID numbers masked."""
    return await export.answer(wanted, sheets.COMPARISON)


def _clear_file(path: str) -> Callable[[Handler], Handler]:
    scopes = needs("registry:read", "registry:pii")
    return router.post(path, response_class=Response, dependencies=[scopes], responses=FILE)


@_clear_file("/v1/households:export")
async def export_households_in_the_clear(
    why: ClearExport, who: Who, request: Request, vault: Sealing, wanted: Wanted
) -> Response:
    """
    The household list with phone and account in the clear, for a purpose.

    Each household's access history says so, and only households that stand there are sent.
    """
    export = Export(request, who, why.format, why.bom)
    listing = await export.on_record(why.purpose, wanted, sheets.HOUSEHOLDS, "h.id")
    return await export.clear(listing, sheets.HOUSEHOLDS, CLEAR_HOUSEHOLD, vault)


@_clear_file("/v1/members:export")
async def export_members_in_the_clear(
    why: ClearExport, who: Who, request: Request, vault: Sealing, wanted: WantedMembers
) -> Response:
    """The member list with ID numbers and certificates in the clear, for a purpose; as `/v1/households:export`."""
    export = Export(request, who, why.format, why.bom)
    listing = await export.on_record(why.purpose, wanted, sheets.MEMBERS, "m.household_id")
    return await export.clear(listing, sheets.MEMBERS, CLEAR_MEMBER, vault)
