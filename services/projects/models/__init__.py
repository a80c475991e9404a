"""Tables of the `projects` schema. All money is whole fen (1 yuan = 100 fen)."""

from services.projects.models.adjustments import Adjustment, AdjustmentItem, AdjustmentStep
from services.projects.models.base import Table
from services.projects.models.contracts import Contract, ContractAmendment, ContractPayment
from services.projects.models.declarations import DeclarationError, DeclarationFile, DeclarationImport
from services.projects.models.enterprises import Enterprise
from services.projects.models.incomes import IncomeReport
from services.projects.models.library import (
    Objection,
    PerformanceTarget,
    Project,
    ProjectBudget,
    ProjectDocument,
    ProjectStep,
)
from services.projects.models.linkage import BeneficiaryLink, LinkageFinding, LinkageRun, LinkIncome
from services.projects.models.plans import Plan, PlanGoal, PlanProject
from services.projects.models.tenders import Award, Bid, Tender, TenderLot
from services.projects.models.works import Milestone, ProjectVillage

__all__ = [
    "Adjustment",
    "AdjustmentItem",
    "AdjustmentStep",
    "Award",
    "BeneficiaryLink",
    "Bid",
    "Contract",
    "ContractAmendment",
    "ContractPayment",
    "DeclarationError",
    "DeclarationFile",
    "DeclarationImport",
    "Enterprise",
    "IncomeReport",
    "LinkIncome",
    "LinkageFinding",
    "LinkageRun",
    "Milestone",
    "Objection",
    "PerformanceTarget",
    "Plan",
    "PlanGoal",
    "PlanProject",
    "Project",
    "ProjectBudget",
    "ProjectDocument",
    "ProjectStep",
    "ProjectVillage",
    "Table",
    "Tender",
    "TenderLot",
]
