"""What is written for a server room agrees with what the programs read; `docker compose` has its say where it is."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import make_url

from fupin import issuer
from fupin.auth import SCOPES
from fupin.edge import Metrics
from fupin.gauges import Gauges
from fupin.settings import PORTS, SERVICES, Settings
from services.portal.clients import Services
from services.portal.routes import session
from tests.conftest import Api
from tests.registry.world import divisions

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def composed(*files: str) -> dict[str, Any]:
    """The files as compose lays them over one another, as far as this test looks."""
    whole: dict[str, Any] = {"services": {}, "volumes": {}, "secrets": {}, "networks": {}}
    for file in files:
        found = yaml.safe_load((ROOT / file).read_text())
        for part in ("volumes", "secrets", "networks"):
            whole[part] |= found.get(part, {})
        for name, service in found["services"].items():
            before = whole["services"].get(name, {})
            environment = before.get("environment", {}) | service.get("environment", {})
            whole["services"][name] = before | service | {"environment": environment}
    return whole


FILES = (("docker-compose.yml",), ("docker-compose.yml", "deploy/keycloak.yml"))


@pytest.mark.parametrize("files", FILES)
def test_every_name_in_compose_is_one_that_exists(files: tuple[str, ...], tmp_path: Path) -> None:
    whole = composed(*files)
    made = subprocess.run([shutil.copytree(DEPLOY / "secrets", tmp_path / "secrets") / "new"], check=False)
    assert made.returncode == 0
    for name, secret in whole["secrets"].items():
        assert (tmp_path / "secrets" / Path(secret["file"]).name).stat().st_size > 20, name
    for name, service in whole["services"].items():
        assert set(service.get("depends_on", {})) <= set(whole["services"]), name
        assert set(service.get("secrets", ())) <= set(whole["secrets"]), name
        assert set(service.get("networks", ())) <= set(whole["networks"]), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in whole["volumes"] or source.startswith("${") or (ROOT / source).exists(), volume
        for variable, value in service["environment"].items():
            if not variable.startswith("FUPIN_") or name in ("caddy", "keycloak"):
                continue
            setting = variable.removeprefix("FUPIN_").removesuffix("_FILE").lower()
            assert setting in Settings.model_fields, variable
            if variable.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in service["secrets"], variable


def test_ports_and_the_single_origin_agree() -> None:
    whole = composed("docker-compose.yml")
    caddy = (DEPLOY / "Caddyfile").read_text()
    watched = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["scrape_configs"][0]["static_configs"][0]
    for name, offset in PORTS.items():
        port, service = 8000 + offset, whole["services"][name]
        assert str(port) in service["command"]
        assert f"127.0.0.1:{port}/readyz" in " ".join(service["healthcheck"]["test"])
        assert f"{name}:{port}" in watched["targets"]
        assert "ports" not in service  # Caddy is the only way in
        if name in SERVICES:
            assert f"import service {name} {port}" in caddy
            assert service["environment"][f"FUPIN_{name.upper()}_URL"] == f"http://{name}:{port}"
            assert service["environment"][f"FUPIN_{name.upper()}_PUBLIC_URL"].endswith(f"/api/{name}")
            others = {f"FUPIN_{other.upper()}_DATABASE_PASSWORD_FILE" for other in SERVICES if other != name}
            assert not others & set(service["environment"])  # each knows its own password alone
    assert f"reverse_proxy portal:{8000 + PORTS['portal']}" in caddy
    for name in (*PORTS, "migrate", "operator"):
        service = whole["services"][name]
        assert (service["read_only"], service["cap_drop"], bool(service["mem_limit"])) == (True, ["ALL"], True)
    image = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^USER [1-9]\d*$", image, re.MULTILINE)


@pytest.mark.parametrize("files", FILES)
def test_compose_itself_takes_the_files(files: tuple[str, ...]) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("this machine has no `docker compose`")
    given = [part for file in files for part in ("-f", file)]
    environment = os.environ | {"FUPIN_HOST": "fupin.example"}
    command = [docker, "compose", *given, "config", "--quiet"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_realm_knows_the_roles_scopes_and_clients_that_we_know() -> None:
    realm = json.loads((DEPLOY / "keycloak" / "fupin-realm.json").read_text())
    granted = {entry["clientScope"]: set(entry["roles"]) for entry in realm["scopeMappings"]}
    roles = issuer.ROLES | {f"service-{name}": scopes for name, scopes in issuer.SERVICES.items()}
    assert granted == {scope: {role for role, has in roles.items() if scope in has} for scope in SCOPES}
    assert {role["name"] for role in realm["roles"]["realm"]} == set(roles)
    clients = {client["clientId"]: client for client in realm["clients"]}
    assert set(clients) == {"fupin-web", *issuer.SERVICES}
    for client in clients.values():
        assert client["attributes"]["access.token.header.type.rfc9068"] == "true"  # at+jwt, or no service takes it
        assert set(client["defaultClientScopes"]) == {"fupin-claims", *SCOPES}
    portal = clients["portal"]  # people sign in to its pages: code flow with PKCE, back to this address and no other
    assert (portal["standardFlowEnabled"], portal["publicClient"], portal["implicitFlowEnabled"]) == (
        True,
        False,
        False,
    )
    assert [portal["rootUrl"] + path for path in portal["redirectUris"]] == ["https://${FUPIN_HOST}/sign-in/callback"]
    assert portal["attributes"]["pkce.code.challenge.method"] == "S256"
    assert portal["attributes"]["post.logout.redirect.uris"] == "https://${FUPIN_HOST}/sign-in"
    served = {getattr(route, "path", "") for route in session.router.routes}
    assert {"/sign-in", "/sign-in/callback"} <= served
    assert {user["realmRoles"][0] for user in realm["users"]} == {f"service-{name}" for name in issuer.SERVICES}


def test_the_dashboard_shows_metrics_that_the_services_give() -> None:
    metrics = Metrics()
    Gauges(metrics.registry)
    given = {family.name for family in metrics.registry.collect()}
    board = json.loads((DEPLOY / "grafana" / "dashboards" / "fupin.json").read_text())
    shown = {name for panel in board["panels"] for one in panel["targets"]
             for name in re.findall(r"fupin_[a-z_]+", one["expr"])}  # fmt: skip
    assert {name.removesuffix("_total").removesuffix("_bucket") for name in shown} == given - {"fupin_database_up"}


def test_a_secret_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "word").write_text("p@ss word\n")
    monkeypatch.setenv("FUPIN_REGISTRY_DATABASE_PASSWORD_FILE", str(tmp_path / "word"))
    monkeypatch.setenv("FUPIN_REGISTRY_DATABASE_URL", "postgresql+psycopg://fupin_registry@postgres:5432/fupin")
    config = Settings(home=tmp_path)
    assert config.registry_database_password == "p@ss word"
    assert make_url(config.service_database_url("registry")).password == "p@ss word"
    monkeypatch.setenv("FUPIN_REGISTRY_DATABASE_PASSWORD", "nearer")
    assert Settings(home=tmp_path).registry_database_password == "nearer"


async def test_behind_one_origin_figures_lead_to_rows_below_their_service(registry: Api, portal: Api) -> None:
    await divisions(registry)
    public = {f"{name}_public_url": f"https://fupin.example/api/{name}" for name in SERVICES}
    portal.runtime.settings = portal.settings.model_copy(update=public)
    figures = (await portal.get("/v1/briefing", params={"as_of": "2018-05-17"})).json()["figures"]
    counted = next(figure for figure in figures if figure["service"] == "registry" and figure["rows"])
    assert counted["href"].startswith("https://fupin.example/api/registry/v1/")
    token = issuer.mint(portal.settings, "county-admin")
    rows = await Services(portal.runtime).rows("registry", counted["href"], None, token)
    assert rows.total_count == counted["rows"]
