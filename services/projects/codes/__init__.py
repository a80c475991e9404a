"""The code lists of the project library; each is served at `GET /v1/code-lists/{name}`."""

from fupin.codelists import CodeList
from fupin.sheets.errors import CellError
from services.projects.codes.adjustments import AdjustmentChange, AdjustmentOutcome, AdjustmentState
from services.projects.codes.declarations import DeclarationCellError, DeclarationMode, DeclarationState
from services.projects.codes.enterprises import EnterpriseKind
from services.projects.codes.incomes import IncomeReportState
from services.projects.codes.library import DocumentKind, Level, LibraryState, ObjectionOutcome
from services.projects.codes.linkage import LinkageChange, LinkageFindingKind
from services.projects.codes.plans import PlanMetric, PlanState
from services.projects.codes.projects import (
    BuildType,
    DuplicateReason,
    FundingSource,
    LinkageMechanism,
    Programme,
    ProjectCategory,
)
from services.projects.codes.tenders import ProcurementCategory, ProcurementMethod, TenderOutcome, TenderState
from services.projects.codes.works import MilestoneKind, SchemePurpose, Stage

CODE_LISTS: list[type[CodeList]] = [
    CellError,
    EnterpriseKind,
    Programme,
    ProjectCategory,
    BuildType,
    FundingSource,
    LinkageMechanism,
    LibraryState,
    Level,
    ObjectionOutcome,
    DocumentKind,
    AdjustmentState,
    AdjustmentChange,
    AdjustmentOutcome,
    DuplicateReason,
    DeclarationMode,
    DeclarationState,
    DeclarationCellError,
    MilestoneKind,
    SchemePurpose,
    ProcurementCategory,
    ProcurementMethod,
    TenderOutcome,
    TenderState,
    IncomeReportState,
    LinkageFindingKind,
    LinkageChange,
    PlanState,
    PlanMetric,
    Stage,
]
