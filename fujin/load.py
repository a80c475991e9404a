"""How synthetic Fujin gets into the four services: the tutorial. Read `run` from top to bottom.

Every step goes through the public HTTP API with a token of the person whose work it is. Every POST carries an
Idempotency-Key made of what it says, so the whole can be killed anywhere and started again: what was done is
answered from the record, what was not is done, and nothing is done twice.
"""

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from fujin import funds, inspection, projects, registry
from fujin.client import Api
from fujin.world import SEED, World, make

Tell = Callable[[str], None]


def run(portal: str, seed: int = SEED, tell: Tell | None = None) -> None:
    say = tell or _print
    started = time.monotonic()
    with _step(say, "合成富锦 · making synthetic Fujin"):
        world = make(seed)
    api = Api(portal, tell=lambda line: say(f"    {line}"))
    try:
        load(api, world, say)
    finally:
        api.close()
    say(f"富锦已载入 · Fujin is loaded: {api.calls} calls, {time.monotonic() - started:.1f} s")


def load(api: Api, world: World, say: Tell) -> None:
    # Places first, then who lives there: all other services ask the registry about both.
    with _step(say, "行政区划 · divisions"):
        registry.places(api, world)
    with _step(say, "户和家庭成员 · households and members"):
        registry.households(api, world)
    with _step(say, "脱贫路径、帮扶干部、保障核查 · pathways, helpers, guarantees"):
        registry.measures(api, world)
        registry.leaders(api, world)

    # The rest is the work of different offices, which do not wait for each other.
    offices: dict[str, Callable[[Api, World], None]] = {
        "危房改造数据比对 · housing rosters and their comparison": registry.housing,
        "项目库、光伏、饮水 · project library, photovoltaics, water": projects.load,
        "督查 · teams, plans, draws, meetings, visits, findings": inspection.load,
    }
    with ThreadPoolExecutor(len(offices)) as pool:
        for done in [pool.submit(_office, say, name, work, api, world) for name, work in offices.items()]:
            done.result()

    # Money last: it names the enterprises and the projects, and is shared among households as they stand now.
    with _step(say, "资金 · contracts, appropriations, a distribution"):
        funds.load(api, world)


def _office(say: Tell, name: str, work: Callable[[Api, World], None], api: Api, world: World) -> None:
    with _step(say, name):
        work(api, world)


@contextmanager
def _step(say: Tell, name: str) -> Iterator[None]:
    started = time.monotonic()
    say(f"  … {name}")
    yield
    say(f"  ✓ {name} ({time.monotonic() - started:.1f} s)")


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")  # in one piece: several offices report at once
    sys.stdout.flush()
