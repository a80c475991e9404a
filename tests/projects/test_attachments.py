"""附件: what is kept is what was sent, what it is its bytes say, and nothing of it runs in anybody's browser."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from fupin.attachments import AttachmentPage
from tests.conftest import Api
from tests.projects.conftest import Declare, refusal

PDF = b"%PDF-1.7\n" + b"1 0 obj" * 100


def workbook() -> bytes:
    held = BytesIO()
    with Workbook(held) as book:
        book.add_worksheet().write(0, 0, "概算")
    return held.getvalue()


def upload(content: bytes, name: str = "可研报告.exe", kind: str = "text/html", **fields: Any) -> dict[str, Any]:
    return {"files": {"file": (name, content, kind)}, "data": fields}


def files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


@pytest.fixture(params=["database", "folder"])
def kept_in(request: pytest.FixtureRequest, projects: Api, tmp_path: Path) -> str:
    if request.param == "folder":
        projects.runtime.settings.attachments_dir = tmp_path
    return str(request.param)


async def test_a_file_is_kept_served_as_a_download_and_erased_on_record(
    projects: Api, declare: Declare, kept_in: str, tmp_path: Path
) -> None:
    at = f"/v1/projects/{(await declare())['id']}/attachments"

    made = await projects.post(at, **upload(PDF, "../../可研\u202e报告.exe", note="可行性研究报告"))
    assert made.status_code == 201, made.text
    assert (made.json()["filename"], made.json()["media_type"]) == ("可研报告.pdf", "application/pdf")
    sheet = (await projects.post(at, **upload(workbook(), "概算.xlsx"))).json()
    assert sheet["media_type"].endswith("spreadsheetml.sheet")
    page = AttachmentPage.model_validate_json((await projects.get(at)).content)
    assert [str(item.id) for item in page.items] == [made.json()["id"], sheet["id"]]

    got = await projects.get(f"{made.headers['location']}/content")
    assert got.content == PDF
    assert got.headers["content-disposition"].startswith("attachment;")
    assert (got.headers["x-content-type-options"], got.headers["content-security-policy"]) == (
        "nosniff", "sandbox; default-src 'none'",
    )  # fmt: skip
    [(rows,)] = await projects.sql("SELECT count(*) FROM attachment_content")
    assert (rows, files(tmp_path)) == ((2, 0) if kept_in == "database" else (0, 2))

    assert (await projects.delete(made.headers["location"])).status_code == 204
    assert refusal(await projects.get(f"{made.headers['location']}/content")) == (404, "not-found")
    left = (await projects.get(made.headers["location"])).json()
    assert (left["removed_at"] is not None, left["sha256"]) == (True, made.json()["sha256"])
    trail = (await projects.as_("auditor").get("/v1/audit", params={"kind": "attachment"})).json()["items"]
    assert {entry["action"] for entry in trail} == {"INSERT", "UPDATE"}


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        (b"MZ" + b"\0" * 100, (415, "attachment-type-refused")),
        (b"<html><script>", (415, "attachment-type-refused")),
        (b"PK\x03\x04" + b"\0" * 100, (415, "attachment-type-refused")),
        (b"", (422, "invalid")),
        (PDF + b"\0" * 4000, (413, "attachment-too-large")),
    ],
)
async def test_what_is_no_paper_is_refused_and_nothing_kept(
    projects: Api, declare: Declare, content: bytes, refused: tuple[int, str]
) -> None:
    projects.runtime.settings.max_attachment_bytes = 4000
    at = f"/v1/projects/{(await declare())['id']}/attachments"

    assert refusal(await projects.post(at, **upload(content))) == refused
    assert (await projects.get(at)).json()["items"] == []


async def test_another_towns_papers_are_not_there(projects: Api, declare: Declare) -> None:
    project = await declare()
    made = await projects.post(f"/v1/projects/{project['id']}/attachments", **upload(PDF))
    other = projects.as_("town-clerk", "230882199")

    for answer in (
        await other.get(made.headers["location"]),
        await other.get(f"{made.headers['location']}/content"),
        await other.get(f"/v1/projects/{project['id']}/attachments"),
        await other.post(f"/v1/projects/{project['id']}/attachments", **upload(PDF)),
        await other.delete(made.headers["location"]),
    ):
        assert refusal(answer) == (404, "not-found")
