"""Yearly income of households."""

from uuid import UUID

from fupin.listing import Listing

SHOWN = """
    i.year, i.persons, i.wage_fen, i.business_fen, i.property_fen, i.transfer_fen, i.production_cost_fen,
    i.net_fen, i.per_head_fen
"""


def of_household(id: UUID) -> Listing:
    return Listing(SHOWN, "household_income i", (("i.year", int),)).where("i.household_id = %(id)s", id=id)
