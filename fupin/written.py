"""How rows that PostgreSQL wrote as JSON are answered."""

from collections.abc import AsyncGenerator

from fastapi import Request, Response

from fupin import listing
from fupin.auth import Principal
from fupin.db import driver, transaction
from fupin.downloads import Download, Turns
from fupin.etag import etag
from fupin.listing import Listing, Source
from fupin.paging import Paging
from fupin.problems import NotFound
from fupin.tables import NDJSON


async def listed(db: Source, page: Paging, response: Response, wanted: Listing) -> Response:
    """A page of the listing."""
    body, headers = await listing.page(db, page, wanted)
    return Response(body, media_type="application/json", headers=dict(response.headers) | headers)


async def found(db: Source, response: Response, wanted: Listing, version: str, *, made: str | None = None) -> Response:
    """The one row of the listing with its ETag; `made` is the address of what was just created. Raises NotFound."""
    row = await listing.one(db, wanted, version)
    if row is None:
        raise NotFound
    etag(response, row[1])
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    if made is not None:
        headers["Location"] = made
    return Response(row[0], 201 if made else 200, headers, "application/json")


def streamed(request: Request, who: Principal, wanted: Listing) -> Download:
    """All rows as NDJSON, in a transaction of their own that lives as long as the stream. Raises TooManyExports."""

    async def blocks() -> AsyncGenerator[bytes, None]:
        async with transaction(request.app.state.runtime, who) as db:
            async for block in listing.stream(await driver(db), wanted):
                yield block

    return Turns.of(request.app).download(request, blocks(), media_type=NDJSON)
