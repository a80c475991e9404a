"""The registry's code lists: every enumerated field, with the words a person reads."""

from services.registry.codes.divisions import DivisionLevel, HelperLevel, LetterLevel
from services.registry.codes.households import (
    GuaranteeItem,
    GuaranteeResult,
    HouseGrade,
    HouseholdStatus,
    PovertyCause,
    PovertyType,
    Residence,
)
from services.registry.codes.members import Education, Health, LabourAbility, SchoolStage, Sex
from services.registry.codes.nationalities import Nationality
from services.registry.codes.relations import Relation

__all__ = [
    "DivisionLevel",
    "Education",
    "GuaranteeItem",
    "GuaranteeResult",
    "Health",
    "HelperLevel",
    "HouseGrade",
    "HouseholdStatus",
    "LabourAbility",
    "LetterLevel",
    "Nationality",
    "PovertyCause",
    "PovertyType",
    "Relation",
    "Residence",
    "SchoolStage",
    "Sex",
]
