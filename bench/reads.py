"""
How long does a read take through the front door of a running fupin?

    bin/fupin up --detach && make bench

Method: one client, one connection, one request after another, 300 of each kind after 30 to warm up; the time is the
client's, from sending to the last byte. Meant for comparing a change with what was before it, on the same machine.
"""

import statistics
import time

import httpx

from fupin import issuer
from fupin.settings import Settings

WARM, ROUNDS = 30, 300


def measure(http: httpx.Client, url: str) -> list[float]:
    """Milliseconds of each request."""
    taken = []
    for number in range(WARM + ROUNDS):
        began = time.perf_counter()
        http.get(url).raise_for_status()
        if number >= WARM:
            taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)


def main() -> None:
    settings = Settings()
    registry = settings.service_url("registry")
    headers = {"Authorization": f"Bearer {issuer.mint(settings, 'county-admin')}"}
    with httpx.Client(headers=headers, timeout=30, trust_env=False) as http:
        first = http.get(f"{registry}/v1/households", params={"limit": 1}).raise_for_status().json()["items"]
        if not first:
            raise SystemExit("The registry is empty: load the example with `bin/fupin up`.")
        asked = {
            "livez": f"{registry}/livez",
            "household by id": f"{registry}/v1/households/{first[0]['id']}",
            "page of 50 households": f"{registry}/v1/households?limit=50",
            "registry figures": f"{registry}/v1/figures?as_of=2018-05-17",
            "county briefing": f"{settings.service_url('portal')}/v1/briefing?as_of=2018-05-17",
        }
        print(f"{'':24}{'median ms':>12}{'p95 ms':>10}{'p99 ms':>10}")
        for name, url in asked.items():
            taken = measure(http, url)
            p95, p99 = taken[int(ROUNDS * 0.95)], taken[int(ROUNDS * 0.99)]
            print(f"{name:24}{statistics.median(taken):12.1f}{p95:10.1f}{p99:10.1f}")


if __name__ == "__main__":
    main()
