"""A county with something in it, made through the front doors, for made-up requests to find."""

from collections.abc import Mapping

from tests.conftest import Api
from tests.contracts.asking import operations
from tests.registry import world

# Made from the first example of their documents, in this order.
MADE = {
    "funds": ("/v1/receipts", "/v1/distribution-rules", "/v1/loans"),
    "projects": ("/v1/enterprises", "/v1/projects"),
    "inspection": ("/v1/teams", "/v1/task-forces", "/v1/meetings", "/v1/plans", "/v1/checklists"),
}
BY = {"funds": "finance-maker", "projects": "county-admin", "inspection": "county-admin"}


async def seed(services: Mapping[str, Api]) -> None:
    """Households of two towns with helpers and pathways; money, a loan, a project, a meeting, a plan."""
    registry = services["registry"]
    await world.divisions(registry)
    village = {"code": "230882101203", "name": "示范村", "level": "VILLAGE", "parent_code": world.TOWN}
    await world.made(registry.post("/v1/divisions", json=village))
    for number, at in enumerate((world.VILLAGE, world.VILLAGE, world.OTHER_VILLAGE, world.OTHER_VILLAGE)):
        household = await world.household(registry, number + 1, at)
        await world.pathway(registry, household["id"], "LIVESTOCK")
        await world.helper(registry, household["id"], f"李建国{number}")
    for service, paths in MADE.items():
        api, asked = services[service].as_(BY[service]), operations(service, services[service].app.openapi())
        posts = {each.path: each for each in asked if each.method == "POST"}
        for path in paths:
            answer = await api.http.request(**posts[path].request())
            assert answer.status_code == 201, f"{path}: {answer.text}"
