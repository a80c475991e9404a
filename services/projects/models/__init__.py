"""Tables of the `projects` schema. All money is whole fen (1 yuan = 100 fen)."""

from services.projects.models.base import Table
from services.projects.models.enterprises import Enterprise
from services.projects.models.library import Objection, PerformanceTarget, Project, ProjectBudget, ProjectStep
from services.projects.models.linkage import BeneficiaryLink, IncomeReport
from services.projects.models.works import Milestone, ProjectVillage

__all__ = [
    "BeneficiaryLink",
    "Enterprise",
    "IncomeReport",
    "Milestone",
    "Objection",
    "PerformanceTarget",
    "Project",
    "ProjectBudget",
    "ProjectStep",
    "ProjectVillage",
    "Table",
]
