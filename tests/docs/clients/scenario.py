"""A village and a poor household recorded, found again, a donation booked, a refusal read: with generated clients."""

import sys
from datetime import date
from importlib import import_module
from pkgutil import walk_packages
from uuid import UUID

import funds_api
import inspection_api
import portal_api
import projects_api
import registry_api
from funds_api.api.receipts import create_receipt
from funds_api.models import NewReceipt, ReceiptKind
from inspection_api.api.teams import list_teams
from portal_api.api.briefing import get_briefing
from projects_api.api.projects import get_project
from projects_api.models import Problem
from registry_api.api.divisions import create_division
from registry_api.api.households import create_household, list_households
from registry_api.models import DivisionLevel, HouseholdPage, HouseholdStatus, NewDivision, NewHousehold, Residence

port, admin, maker = int(sys.argv[1]), sys.argv[2], sys.argv[3]
modules = 0
for package in (portal_api, registry_api, funds_api, projects_api, inspection_api):
    for module in walk_packages(package.__path__, f"{package.__name__}."):
        import_module(module.name)
        modules += 1


def client(package, offset: int, token: str):
    return package.AuthenticatedClient(base_url=f"http://127.0.0.1:{port + offset}", token=token)


registry = client(registry_api, 1, admin)
for code, name, level, parent in (
    ("230882000000", "富锦市", DivisionLevel.COUNTY, None),
    ("230882101000", "长安镇", DivisionLevel.TOWN, "230882000000"),
    ("230882101201", "永胜村", DivisionLevel.VILLAGE, "230882101000"),
):
    made = create_division.sync_detailed(
        client=registry, body=NewDivision(code=code, name=name, level=level, parent_code=parent)
    )
    assert made.status_code == 201, made.content
household = NewHousehold(
    household_no="230882101201-0001", division_code="230882101201", residence=Residence.RURAL,
    status=HouseholdStatus.POOR, identified_on=date(2016, 3, 1),
)  # fmt: skip
made = create_household.sync_detailed(client=registry, body=household)
assert made.status_code == 201, made.content
page = list_households.sync(client=registry, poor=True)
assert isinstance(page, HouseholdPage)
assert [found.household_no for found in page.items] == ["230882101201-0001"]

receipt = create_receipt.sync_detailed(
    client=client(funds_api, 2, maker), idempotency_key="python-1",
    body=NewReceipt(kind=ReceiptKind.DONATION, amount_fen=100, payer="定点帮扶单位"),
)  # fmt: skip
assert receipt.status_code == 201, receipt.content
missing = get_project.sync(UUID("0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11"), client=client(projects_api, 3, admin))
assert isinstance(missing, Problem)
assert missing.code == "not-found"
assert list_teams.sync(client=client(inspection_api, 4, admin)).items == []
briefing = get_briefing.sync(client=client(portal_api, 0, admin))
assert {figure.id: figure.value for figure in briefing.figures}["poor_households"] == 1
print(f"the scenario holds; {modules} modules")
