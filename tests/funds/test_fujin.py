"""The worked example's part of the fund account, loaded as an outside client would, gives the seed's figures."""

from hashlib import sha256
from types import SimpleNamespace
from typing import Any

from anyio import from_thread, to_thread

from fujin import funds as fujin
from fujin.projects import ENTERPRISES
from tests.conftest import Api
from tests.registry.world import made


class Client:
    """What `fujin` takes for its HTTP client: the same calls, made on the services in process."""

    def __init__(self, services: dict[str, Api], api: Api | None = None) -> None:
        self.services = services
        self.api = api

    def __call__(self, service: str, role: str = "county-admin", division: str | None = None) -> "Client":
        return Client(self.services, self.services[service].as_(role, division))

    def post(self, path: str, json: Any = None) -> Any:
        return self.call("post", path, json=json, key=sha256(f"{path}{json}".encode()).hexdigest())

    def get(self, path: str, **params: Any) -> Any:
        return self.call("get", path, params=params)

    def call(self, method: str, path: str, **asked: Any) -> Any:
        async def answered() -> Any:
            answer = await getattr(self.api, method)(path, **asked)
            assert answer.is_success, f"{path}: {answer.text}"
            return answer.json()

        return from_thread.run(answered)


async def test_the_seeds_figures_are_counted_from_what_was_loaded(services: dict[str, Api]) -> None:
    for uscc, name in ENTERPRISES:
        body = {"uscc": uscc, "name": name, "kind": "LEADING", "division_code": "230882000000"}
        await made(services["projects"].post("/v1/enterprises", json=body))
    world: Any = SimpleNamespace(county=SimpleNamespace(code="230882000000"))

    for _ in range(2):  # a second run changes nothing
        await to_thread.run_sync(fujin.agree, Client(services), world)

    found = (await services["funds"].get("/v1/figures?as_of=2018-05-17")).json()["items"]
    assert [item["value"] for item in found] == [2, 20_000_000, 5, 720_000, 7_200_000, 5]
    assert len((await services["funds"].get("/v1/distribution-rules")).json()["items"]) == 1
