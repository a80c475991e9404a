"""The registry's code lists: every enumerated field, with the words a person reads."""

from fupin.sheets.errors import CellError
from services.registry.codes.accesses import AccessKind, ExportFormat
from services.registry.codes.change_requests import ChangeKind, ChangeState, LineageKind
from services.registry.codes.divisions import DivisionLevel, HelperLevel, LetterLevel
from services.registry.codes.eligibility import (
    Eligibility,
    ExpressionError,
    FactType,
    FactUnit,
    RuleMeets,
    RuleState,
)
from services.registry.codes.histories import FeedAction, FeedKind, TimelineKind
from services.registry.codes.households import (
    GuaranteeItem,
    GuaranteeResult,
    HouseGrade,
    HouseholdStatus,
    PovertyCause,
    PovertyType,
    Residence,
)
from services.registry.codes.imports import ImportKind, ImportMode, ImportState, RecordError, ReviewDecision, ReviewKind
from services.registry.codes.members import Education, Health, LabourAbility, SchoolStage, Sex
from services.registry.codes.nationalities import Nationality
from services.registry.codes.procedures import (
    ExitRequirement,
    MonitoringKind,
    NoticeDays,
    ProcedureKind,
    ProcedureState,
    RiskKind,
    RiskSource,
    StepDuty,
    StepKind,
    StepOutcome,
)
from services.registry.codes.quality import FindingState, Severity
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
from services.registry.codes.support import AppraisalMark, AssistanceKind, GuaranteeGapKind, LetterGapKind

__all__ = [
    "AccessKind",
    "AppraisalMark",
    "AssistanceKind",
    "CellError",
    "ChangeKind",
    "ChangeState",
    "ComparisonState",
    "Contradiction",
    "DivisionLevel",
    "Education",
    "Eligibility",
    "ExitRequirement",
    "ExportFormat",
    "ExpressionError",
    "FactType",
    "FactUnit",
    "FeedAction",
    "FeedKind",
    "FindingState",
    "FourCategory",
    "GuaranteeGapKind",
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
    "LetterGapKind",
    "LetterLevel",
    "LineageKind",
    "MatchKey",
    "MonitoringKind",
    "Nationality",
    "NoticeDays",
    "Outcome",
    "PovertyCause",
    "PovertyType",
    "ProcedureKind",
    "ProcedureState",
    "RecordError",
    "Relation",
    "Residence",
    "ReviewDecision",
    "ReviewKind",
    "RiskKind",
    "RiskSource",
    "RosterKind",
    "RosterState",
    "RuleMeets",
    "RuleState",
    "SchoolStage",
    "Severity",
    "Sex",
    "StepDuty",
    "StepKind",
    "StepOutcome",
    "TimelineKind",
]
