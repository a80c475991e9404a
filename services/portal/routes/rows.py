"""The rows that a figure of a page was counted from, and the same rows as a file."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode

from fastapi import Query, Request
from fastapi.responses import Response, StreamingResponse

from fupin.app import Router
from fupin.auth import open_route
from fupin.problems import NotFound, problems
from fupin.remote import PeerRefused, Unanswered
from services.portal.clients import Peers, Services
from services.portal.routes.page import SAFE, SignedIn, Spoken, carried, page, to_sign_in
from services.portal.rules import words
from services.portal.rules.lists import RowList, row_lists

router = Router(include_in_schema=False)

Where = Annotated[str, Query(max_length=1000, description="The list's own filters: state=ADMITTED&as_of=2018-05-17.")]
STATUS = {"unanswered": 503, "refused": 403, "not-found": 404}


def _asked(name: str, where: str) -> tuple[RowList, dict[str, str]]:
    """The list and its filters. Raises NotFound where no such list is shown."""
    found, query = row_lists().get(name), dict(parse_qsl(where))
    try:
        if found:
            found.address(query)
            return found, query
    except ValueError:
        pass
    raise NotFound


@router.get("/rows/{name}", dependencies=[open_route()], responses=problems(NotFound))
async def show_rows(
    request: Request, name: str, peers: Peers, spoken: Spoken, viewer: SignedIn, where: Where = "",
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:  # fmt: skip
    """A list under the filters that a figure stands for, page by page, as the viewer may see it."""
    if viewer is None:
        return to_sign_in(request)
    row_list, query = _asked(name, where)
    path, filters = row_list.address(query)
    reason, rows = None, None
    try:
        rows = await peers.rows(row_list.service, f"{path}?{urlencode(filters)}", cursor, viewer.token)
    except Unanswered:
        reason = "unanswered"
    except PeerRefused as refused:
        reason = "refused" if refused.peer_status == 403 else "not-found"
    labels = await _labels(peers, row_list)

    def cell(field: str, value: Any) -> str:
        return words.cell(field, words.coded(value, labels.get(row_list.codes.get(field, ""), {}), spoken))

    kept = {"where": where} | carried(None, request)
    return page(
        request, "rows.html", spoken, viewer, status=STATUS[reason] if reason else 200, name=name, row_list=row_list,
        rows=rows, reason=reason, columns=words.columns(rows.items) if rows else [], cell=cell, cursor=cursor,
        filters=[(field, cell(field, value)) for field, value in filters.items()], kept=kept,
        following=f"?{urlencode(kept | {'cursor': rows.next_cursor})}" if rows and rows.next_cursor else None,
        file=f"/rows/{name}/file?{urlencode(kept)}" if row_list.file(query) else None,
    )  # fmt: skip


@router.get("/rows/{name}/file", dependencies=[open_route()], responses=problems(NotFound))
async def get_rows_file(
    request: Request, name: str, peers: Peers, spoken: Spoken, viewer: SignedIn, where: Where = "",
    form: Annotated[Literal["xlsx", "csv"], Query(alias="format")] = "xlsx",
) -> Response:  # fmt: skip
    """The rows as the service exports them: its audit trail says who took them."""
    if viewer is None:
        return to_sign_in(request)
    row_list, query = _asked(name, where)
    found = row_list.file(query)
    if found is None:
        raise NotFound
    path, filters = found
    if not path.endswith(".xlsx"):
        filters["format"] = form
    stack = AsyncExitStack()
    try:
        answer = await stack.enter_async_context(
            peers.file(row_list.service, path, filters, viewer.token, "zh-CN" if spoken == "zh" else "en")
        )
    except (Unanswered, PeerRefused) as failed:
        reason = "unanswered" if isinstance(failed, Unanswered) else "refused"
        return page(
            request, "refused.html", spoken, viewer, status=STATUS[reason], reason=reason, service=row_list.service
        )

    async def blocks() -> AsyncIterator[bytes]:
        async with stack:
            async for block in answer.aiter_bytes():
                yield block

    carry = ("content-type", "content-disposition")
    headers = {name: answer.headers[name] for name in carry if name in answer.headers}
    return StreamingResponse(blocks(), headers=headers | dict(SAFE) | {"X-Content-Type-Options": "nosniff"})


async def _labels(peers: Services, row_list: RowList) -> dict[str, Any]:
    return await peers.labels(row_list.service, *sorted(set(row_list.codes.values())))
