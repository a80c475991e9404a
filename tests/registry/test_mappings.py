"""A sender's own headings, said once and used for every file; and files that say themselves what they are."""

from tests.conftest import Api
from tests.registry.files import HOUSEHOLDS, csv_file, imported, person, send, xlsx_file
from tests.registry.world import TOWN, VILLAGE, divisions, made

OWN = {"姓名": "户内人员", "证件号码": "身份证", "户编号": "档案号"}
COLUMNS = {"户内人员": "name", "身份证": "id_number", "档案号": "household_no", "村屯备注": None}
HEADINGS = [*(OWN.get(heading, heading) for heading in HOUSEHOLDS), "村屯备注"]


async def test_a_saved_mapping_reads_a_senders_own_headings_and_marks_its_bad_cells(registry: Api) -> None:
    await divisions(registry)
    body = {"name": "民政局", "kind": "HOUSEHOLDS", "columns": COLUMNS}
    mapping = await made(registry.post("/v1/column-mappings", json=body))
    assert (await registry.post("/v1/column-mappings", json=body)).json()["code"] == "mapping-taken"
    file = csv_file(HEADINGS, [[*person(1, 1), "屯东"]])
    refused = await send(registry, "/v1/imports", file, kind="HOUSEHOLDS")
    assert set(refused["problem"]["unknown"]) == set(COLUMNS)
    done = await imported(registry, "HOUSEHOLDS", file, mapping_id=mapping["id"])
    assert (done["state"], done["added"], done["columns"]) == ("DONE", 1, COLUMNS)

    # What an import used stays with it, whatever becomes of the mapping.
    bad = xlsx_file(HEADINGS, [[*person(2, 2, 性别="?"), ""]])
    bad_one = await imported(registry, "HOUSEHOLDS", bad, mapping_id=mapping["id"])
    address = f"/v1/column-mappings/{mapping['id']}"
    changed = await registry.patch(address, version=1, json={"columns": {"身份证": "id_number"}})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (await registry.get(f"/v1/imports/{bad_one['id']}/errors.xlsx")).status_code == 200
    wrong = await registry.patch(address, version=2, json={"columns": {"身份证": "id_no"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/columns/身份证")
    assert (await registry.delete(address, version=1)).status_code == 412
    assert (await registry.delete(address, version=2)).status_code == 204
    again = await registry.post("/v1/imports", files={"file": ("a.csv", file)}, data={"mapping_id": mapping["id"]})
    assert again.json()["code"] == "unknown-mapping"


async def test_a_countys_mapping_serves_its_towns_and_is_not_theirs_to_change(registry: Api) -> None:
    mapping = await made(
        registry.post(
            "/v1/column-mappings", json={"name": "全县", "kind": "PATHWAYS", "columns": {"户号": "household_no"}}
        )
    )
    town = registry.as_("town-clerk", TOWN[:9])
    address = f"/v1/column-mappings/{mapping['id']}"
    assert (await town.get(address)).json()["name"] == "全县"
    assert (await town.patch(address, version=1, json={"name": "本镇"})).status_code == 404
    assert (await town.delete(address, version=1)).status_code == 404
    own = await made(
        town.post("/v1/column-mappings", json={"name": "全县", "kind": "PATHWAYS", "columns": {"户号": "household_no"}})
    )
    listed = (await registry.get("/v1/column-mappings", params={"kind": "PATHWAYS"})).json()["items"]
    assert [found["id"] for found in listed] == [mapping["id"], own["id"]]
    other = registry.as_("town-clerk", "230882102")
    assert (await other.get(f"/v1/column-mappings/{own['id']}")).status_code == 404


async def test_the_headings_say_what_kind_of_file_it_is(registry: Api) -> None:
    await divisions(registry)
    households = await registry.post("/v1/imports", files={"file": ("a.csv", csv_file(HOUSEHOLDS, [person(1, 1)]))})
    helpers = csv_file(
        ("户编号", "帮扶干部", "单位", "包保级别", "开始日期"),
        [[f"{VILLAGE}-0001", "赵刚", "市农业局", "市直部门包户", "2018-01-01"]],
    )
    cadres = await registry.post("/v1/imports", files={"file": ("b.csv", helpers)})
    kinds = [(await registry.get(answer.headers["content-location"])).json()["kind"] for answer in (households, cadres)]
    assert kinds == ["HOUSEHOLDS", "HELPERS"]
    nothing = await registry.post("/v1/imports", files={"file": ("c.csv", csv_file(("甲", "乙"), [["1", "2"]]))})
    assert (nothing.status_code, nothing.json()["code"]) == (422, "headings-unknown")
