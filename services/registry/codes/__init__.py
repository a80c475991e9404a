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
from services.registry.codes.imports import CellError, ImportKind, ImportMode, ImportState, ReviewKind
from services.registry.codes.members import Education, Health, LabourAbility, SchoolStage, Sex
from services.registry.codes.nationalities import Nationality
from services.registry.codes.relations import Relation
from services.registry.codes.rosters import (
    ComparisonState,
    Contradiction,
    FourCategory,
    MatchKey,
    Outcome,
    RosterKind,
    RosterState,
)

__all__ = [
    "CellError",
    "ComparisonState",
    "Contradiction",
    "DivisionLevel",
    "Education",
    "FourCategory",
    "GuaranteeItem",
    "GuaranteeResult",
    "Health",
    "HelperLevel",
    "HouseGrade",
    "HouseholdStatus",
    "ImportKind",
    "ImportMode",
    "ImportState",
    "LabourAbility",
    "LetterLevel",
    "MatchKey",
    "Nationality",
    "Outcome",
    "PovertyCause",
    "PovertyType",
    "Relation",
    "Residence",
    "ReviewKind",
    "RosterKind",
    "RosterState",
    "SchoolStage",
    "Sex",
]
