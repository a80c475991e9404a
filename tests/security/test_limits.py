"""Who asks too often waits: for tokens, for guessing a secret, for records in the clear."""

from fupin import issuer
from tests.conftest import Api
from tests.registry import world


async def test_unmasking_is_limited_by_person_and_hour(registry: Api) -> None:
    registry.runtime.settings = registry.runtime.settings.model_copy(update={"unmasks_an_hour": 3})
    await world.divisions(registry)
    household = await world.household(registry, 1)
    clerk, other = (registry.as_("town-clerk", "230882101", sub=name) for name in ("li", "wang"))
    path = f"/v1/households/{household['id']}"
    body = {"purpose": "入户核查"}

    for verb in (":unmask", ":unmask", "/handbook"):
        assert (await clerk.post(path + verb, json=body)).status_code == 200
    for verb in (":unmask", "/handbook"):
        refused = await clerk.post(path + verb, json=body)
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-unmasked")
        assert 0 < int(refused.headers["retry-after"]) <= 1200
    assert (await clerk.get(path)).status_code == 200
    assert (await other.post(path + ":unmask", json=body)).status_code == 200
    seen = await registry.sql("SELECT count(*) FROM household_access WHERE actor = 'li'")
    assert seen == [(3,)]


async def test_guessing_a_secret_is_limited(portal: Api) -> None:
    http = portal.anonymous().http
    wrong = {"grant_type": "client_credentials", "client_id": "county-admin", "client_secret": "guess"}
    answers = [await http.post("/oauth/token", data=wrong) for _ in range(12)]
    assert {answer.status_code for answer in answers[:10]} == {401}
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    # who knows a secret is not kept out by who guesses another's
    right = issuer.client_secret(portal.settings.model_copy(update={"client_secret": None}), "auditor")
    form = {"grant_type": "client_credentials", "client_id": "auditor", "client_secret": right}
    assert (await http.post("/oauth/token", data=form)).status_code == 200
