"""Under which programme a category of projects is reported, and which milestones it has."""

from services.projects.codes.library import LibraryState
from services.projects.codes.projects import Programme, ProjectCategory
from services.projects.codes.works import MilestoneKind

PROGRAMME: dict[ProjectCategory, Programme] = {
    ProjectCategory.PLANTING: Programme.INDUSTRY,
    ProjectCategory.LIVESTOCK: Programme.INDUSTRY,
    ProjectCategory.FISHERY: Programme.INDUSTRY,
    ProjectCategory.FORESTRY: Programme.INDUSTRY,
    ProjectCategory.COURTYARD: Programme.INDUSTRY,
    ProjectCategory.PROCESSING: Programme.INDUSTRY,
    ProjectCategory.STORAGE: Programme.INDUSTRY,
    ProjectCategory.E_COMMERCE: Programme.INDUSTRY,
    ProjectCategory.TOURISM: Programme.INDUSTRY,
    ProjectCategory.WORKSHOP: Programme.INDUSTRY,
    ProjectCategory.MACHINERY: Programme.INDUSTRY,
    ProjectCategory.PV: Programme.PV,
    ProjectCategory.WATER: Programme.WATER,
    ProjectCategory.ROAD: Programme.WORKS,
    ProjectCategory.HOUSING: Programme.WORKS,
    ProjectCategory.TRAINING: Programme.PEOPLE,
    ProjectCategory.OTHER: Programme.PEOPLE,
}

# Reported by the towns and not yet decided by the county: where the seed's 16 industry projects stand while the
# agriculture bureau completes them.
REPORTED = (LibraryState.DECLARED, LibraryState.TOWN_REVIEWED, LibraryState.ARGUED)

_BUILT = (
    MilestoneKind.PLAN_DRAWN_UP,
    MilestoneKind.PLAN_APPROVAL,
    MilestoneKind.FILING,
    MilestoneKind.TENDER_POSTED,
    MilestoneKind.BID_OPENING,
    MilestoneKind.CONTRACT,
    MilestoneKind.CONSTRUCTION_START,
    MilestoneKind.ACCEPTANCE,
)

MILESTONES: dict[Programme, tuple[MilestoneKind, ...]] = {
    Programme.INDUSTRY: (*_BUILT, MilestoneKind.FIRST_INCOME),
    Programme.PV: (*_BUILT, MilestoneKind.GRID_CONNECTION, MilestoneKind.FIRST_INCOME),
    Programme.WATER: (*_BUILT, MilestoneKind.RUNNING),
    Programme.WORKS: _BUILT,
    Programme.PEOPLE: (MilestoneKind.PLAN_DRAWN_UP, MilestoneKind.PLAN_APPROVAL, MilestoneKind.ACCEPTANCE),
}


def categories(programme: Programme) -> list[ProjectCategory]:
    """The categories that a programme reports."""
    return [category for category, found in PROGRAMME.items() if found == programme]


def milestones(category: ProjectCategory) -> tuple[MilestoneKind, ...]:
    """The milestones that a project of this category may have."""
    return MILESTONES[PROGRAMME[category]]
