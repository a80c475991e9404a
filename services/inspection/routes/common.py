"""What every route that makes or changes something answers with."""

from typing import Any, TypeVar

from fastapi.responses import Response

from fupin.etag import etag
from fupin.schemas import Answer

Shape = TypeVar("Shape", bound=Answer)


def versioned(response: Response, shape: type[Shape], row: Any) -> Shape:
    """A row as the caller sees it, its version as ETag."""
    found = shape.model_validate(row)
    etag(response, found.version)  # type: ignore[attr-defined]  # only things with a version are answered so
    return found


def made(response: Response, path: str, shape: type[Shape], row: Any) -> Shape:
    """A new thing: where it is, and its version where it can change."""
    found = shape.model_validate(row)
    response.headers["Location"] = f"{path}/{found.id}"  # type: ignore[attr-defined]  # only things with an id are made
    if hasattr(found, "version"):
        etag(response, found.version)
    return found
