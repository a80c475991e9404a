"""The whole of synthetic Fujin, from one seed: the same seed gives the same county, person for person.

    world = make()
    world.poor_villages[0].code

Everything else that the loader needs to invent takes its chances from `world.dice("topic")`, so that one part can
change without another changing too.
"""

from dataclasses import dataclass
from functools import cached_property

from fujin.households import Household, households
from fujin.measures import GuaranteeRow, HelperRow, PathwayRow, guarantees, helpers, pathways
from fujin.people import AS_OF, Dice, People
from fujin.places import Division, divisions
from fujin.rosters import Rosters, rosters

SEED = 20180517


@dataclass(frozen=True)
class World:
    seed: int
    divisions: list[Division]
    households: list[Household]
    pathways: list[PathwayRow]
    helpers: list[HelperRow]
    guarantees: list[GuaranteeRow]
    rosters: Rosters

    as_of = AS_OF

    def dice(self, topic: str) -> Dice:
        return Dice(self.seed, topic)

    @property
    def county(self) -> Division:
        return self.divisions[0]

    @cached_property
    def towns(self) -> list[Division]:
        return [division for division in self.divisions if division.level == "TOWN"]

    @cached_property
    def villages(self) -> list[Division]:
        return [division for division in self.divisions if division.level == "VILLAGE"]

    @cached_property
    def poor_villages(self) -> list[Division]:
        return [village for village in self.villages if village.poor_village]

    @cached_property
    def villages_without_tap_water(self) -> list[Division]:
        return [village for village in self.villages if not village.has_tap_water]

    @cached_property
    def villages_not_running(self) -> list[Division]:
        """Villages with a water system that does not run."""
        return [village for village in self.villages if village.water_system_running is False]

    @cached_property
    def poor_households(self) -> list[Household]:
        return [household for household in self.households if household.poor]


def make(seed: int = SEED) -> World:
    places = divisions(Dice(seed, "places"))
    towns = [division for division in places if division.level == "TOWN"]
    villages = [division for division in places if division.level == "VILLAGE"]
    dice = Dice(seed, "households")
    families = households(dice, People(dice), villages)
    cadres = Dice(seed, "cadres")
    return World(
        seed=seed,
        divisions=places,
        households=families,
        pathways=pathways(Dice(seed, "pathways"), families),
        helpers=helpers(cadres, People(cadres), towns, families),
        guarantees=guarantees(Dice(seed, "guarantees"), villages, families),
        rosters=rosters(Dice(seed, "rosters"), families),
    )
