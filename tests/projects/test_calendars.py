"""日历订阅: whoever has the address reads what its maker sees, until it is revoked."""

import json

import icalendar

from tests.conftest import Api
from tests.projects.conftest import TOWN, Declare, refusal

MILESTONE = {"kind": "GRID_CONNECTION", "planned_on": "2018-06-30"}


def events(file: bytes) -> list[icalendar.Event]:
    return icalendar.Calendar.from_ical(file.decode()).events


async def test_milestones_are_read_by_a_secret_address_until_it_is_revoked(projects: Api, declare: Declare) -> None:
    project = await declare(category="PV")
    made = await projects.post(f"/v1/projects/{project['id']}/milestones", json=MILESTONE)
    assert made.status_code == 201, made.text
    subscribe = {"kind": "milestones", "name": "光伏并网", "filters": {"programme": "PV"}}
    answer = await projects.as_("town-clerk", TOWN).post("/v1/calendars", json=subscribe)
    assert answer.status_code == 201, answer.text
    given = answer.json()
    path = "/v1/" + given["url"].split("/v1/")[1]
    anyone = projects.anonymous()

    file = await anyone.get(path)
    [event] = events(file.content)
    assert file.headers["content-type"] == "text/calendar; charset=utf-8"
    assert (str(event["UID"]), str(event.start), str(event.end)) == (
        f"{made.json()['id']}@milestone.fupin", "2018-06-30", "2018-07-01",
    )  # fmt: skip
    assert project["project_no"] in str(event["SUMMARY"])
    again = await anyone.get(path, headers={"If-None-Match": file.headers["etag"]})
    assert again.status_code == 304

    listed = (await projects.get("/v1/calendars")).json()["items"]
    assert [item["id"] for item in listed] == [given["id"]]
    secret = path.rsplit("/", 1)[1].removesuffix(".ics")
    trail = await projects.admin_sql("SELECT row_to_json(a)::text FROM projects.audit a WHERE kind = 'calendar'")
    assert secret not in json.dumps([listed, trail], ensure_ascii=False)
    assert (await projects.as_("town-clerk", "230882199").get("/v1/calendars")).json()["items"] == []

    assert (await projects.post(f"/v1/calendars/{given['id']}:revoke")).status_code == 204
    assert refusal(await anyone.get(path)) == (404, "not-found")
    assert refusal(await anyone.get("/v1/calendars/made-up.ics")) == (404, "not-found")


async def test_a_calendar_shows_no_more_than_its_makers_division(projects: Api, declare: Declare) -> None:
    project = await declare(category="PV")
    await projects.post(f"/v1/projects/{project['id']}/milestones", json=MILESTONE)
    other = projects.as_("town-clerk", "230882199")
    url = (await other.post("/v1/calendars", json={"kind": "milestones", "name": "别镇"})).json()["url"]

    file = await projects.anonymous().get("/v1/" + url.split("/v1/")[1])

    assert events(file.content) == []
    wrong = await other.post("/v1/calendars", json={"kind": "milestones", "name": "x", "filters": {"town": 1}})
    assert refusal(wrong) == (422, "invalid")
    assert wrong.json()["errors"][0]["pointer"] == "/filters/town"
    unknown = await other.post("/v1/calendars", json={"kind": "moon", "name": "x"})
    assert refusal(unknown) == (422, "invalid")
