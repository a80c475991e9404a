"""Lost updates: a change names the version it was made from (RFC 9110, 13.1)."""

import re
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.responses import Response

from fupin.problems import FieldError, Problem


class VersionRequired(Problem):
    """Send If-Match with the ETag of what you last read, so that nobody's change is lost."""

    status = 428
    zh = "须用 If-Match 请求头带上最后一次读取的 ETag，以免覆盖他人的修改。"


class Stale(Problem):
    """It has changed since you read it; read it again and repeat your change."""

    status = 412
    zh = "该记录在您读取之后已被修改，请重新读取后再改。"


def etag(response: Response, version: int) -> None:
    """Name the version of what is answered."""
    response.headers["ETag"] = f'"{version}"'


async def _if_match(
    if_match: Annotated[str | None, Header(description='The ETag of what you read, e.g. "3".')] = None,
) -> int:
    if not if_match:
        raise VersionRequired(
            errors=[FieldError("If-Match", "header", "missing", "this header is required", "须携带此请求头")]
        )
    found = re.fullmatch(r'"(\d{1,18})"', if_match.strip())
    if not found:
        raise Stale
    return int(found[1])


IfMatch = Annotated[int, Depends(_if_match)]


def unchanged(request: Request, response: Response) -> bool:
    """Whether the caller already holds this version (`If-None-Match`)."""
    held = request.headers.get("if-none-match")
    tag = response.headers.get("etag")
    if not held or not tag or response.status_code != 200 or request.method not in ("GET", "HEAD"):
        return False
    return held.strip() == "*" or tag in {part.strip().removeprefix("W/") for part in held.split(",")}
