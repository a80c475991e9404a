"""Tables of the `registry` schema."""

from services.registry.models.accesses import HouseholdAccess
from services.registry.models.base import Table
from services.registry.models.change_requests import ChangeRequest, ChangeRequestStep
from services.registry.models.comparisons import Comparison, ComparisonMatch, ComparisonResolution, ComparisonRow
from services.registry.models.divisions import Division, DivisionState
from services.registry.models.eligibility import EligibilityDecision, EligibilityRule, EligibilityRun
from services.registry.models.guarantees import GuaranteeCheck
from services.registry.models.helpers import Helper, HelperAssignment, ResponsibilityLetter
from services.registry.models.histories import VERSIONS, RecordedChange
from services.registry.models.households import Household, HouseholdIncome, HouseholdStatusChange, StatusTransition
from services.registry.models.imports import FileImport, ImportCellError, ReviewItem, Upload, UploadChunk
from services.registry.models.mappings import ColumnMapping
from services.registry.models.members import Member
from services.registry.models.moves import DivisionMerger, HouseholdLineage, HouseholdMove
from services.registry.models.pathways import HouseholdPathway, MedicalLine, Pathway
from services.registry.models.procedures import (
    PovertyLine,
    Procedure,
    ProcedureRule,
    ProcedureStep,
    ProcedureTransition,
)
from services.registry.models.quality import QualityFinding, QualityRun, QualityRunRule
from services.registry.models.rosters import Roster, RosterRow
from services.registry.models.snapshots import Snapshot, SnapshotRow
from services.registry.models.support import Appraisal, Assistance, VillageFact, VillageItem

__all__ = [
    "VERSIONS",
    "Appraisal",
    "Assistance",
    "ChangeRequest",
    "ChangeRequestStep",
    "ColumnMapping",
    "Comparison",
    "ComparisonMatch",
    "ComparisonResolution",
    "ComparisonRow",
    "Division",
    "DivisionMerger",
    "DivisionState",
    "EligibilityDecision",
    "EligibilityRule",
    "EligibilityRun",
    "FileImport",
    "GuaranteeCheck",
    "Helper",
    "HelperAssignment",
    "Household",
    "HouseholdAccess",
    "HouseholdIncome",
    "HouseholdLineage",
    "HouseholdMove",
    "HouseholdPathway",
    "HouseholdStatusChange",
    "ImportCellError",
    "MedicalLine",
    "Member",
    "Pathway",
    "PovertyLine",
    "Procedure",
    "ProcedureRule",
    "ProcedureStep",
    "ProcedureTransition",
    "QualityFinding",
    "QualityRun",
    "QualityRunRule",
    "RecordedChange",
    "ResponsibilityLetter",
    "ReviewItem",
    "Roster",
    "RosterRow",
    "Snapshot",
    "SnapshotRow",
    "StatusTransition",
    "Table",
    "Upload",
    "UploadChunk",
    "VillageFact",
    "VillageItem",
]
