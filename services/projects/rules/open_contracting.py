"""
How the library's words are said in OC4IDS 0.9.5 (projects) and OCDS 1.1 (contracting processes).

Source: standard.open-contracting.org/infrastructure/0.9, standard.open-contracting.org/1.1. Amounts there are yuan with
two decimals, days are midnight in China.
"""

from collections.abc import Mapping
from typing import Any

from services.projects.codes.library import LibraryState
from services.projects.codes.projects import BuildType, ProjectCategory
from services.projects.codes.tenders import ProcurementCategory, ProcurementMethod, TenderState
from services.projects.codes.works import MilestoneKind

_S = LibraryState

STATUS: Mapping[LibraryState, str] = {
    **dict.fromkeys((_S.DECLARED, _S.TOWN_REVIEWED, _S.ARGUED, _S.RETURNED), "identification"),
    **dict.fromkeys((_S.APPROVED, _S.NOTICED, _S.ADMITTED), "preparation"),
    _S.IMPLEMENTING: "implementation",
    **dict.fromkeys((_S.COMPLETED, _S.ACCEPTED), "completion"),
    **dict.fromkeys((_S.OPERATING, _S.CLOSED), "maintenance"),
    **dict.fromkeys((_S.REJECTED, _S.WITHDRAWN), "cancelled"),
}

TYPE: Mapping[BuildType, str] = {
    BuildType.NEW: "construction",
    BuildType.EXTEND: "expansion",
    BuildType.RENOVATE: "rehabilitation",
}

SECTOR: Mapping[ProjectCategory, str] = dict.fromkeys(ProjectCategory, "economy") | {
    ProjectCategory.PV: "energy.solar",
    ProjectCategory.WATER: "waterAndWaste",
    ProjectCategory.ROAD: "transport.road",
    ProjectCategory.HOUSING: "socialHousing",
    ProjectCategory.TRAINING: "education",
    ProjectCategory.TOURISM: "cultureSportsAndRecreation",
    ProjectCategory.E_COMMERCE: "communications",
}

MILESTONE_TYPE: Mapping[MilestoneKind, str] = dict.fromkeys(MilestoneKind, "delivery") | {
    MilestoneKind.PLAN_DRAWN_UP: "preProcurement",
    MilestoneKind.PLAN_APPROVAL: "approval",
    MilestoneKind.FILING: "approval",
    MilestoneKind.TENDER_POSTED: "procurement",
    MilestoneKind.BID_OPENING: "procurement",
    MilestoneKind.CONTRACT: "procurement",
    MilestoneKind.ACCEPTANCE: "assessment",
    MilestoneKind.FIRST_INCOME: "financing",
}

METHOD: Mapping[ProcurementMethod, str] = {
    ProcurementMethod.OPEN: "open",
    ProcurementMethod.SELECTIVE: "selective",
    ProcurementMethod.LIMITED: "limited",
    ProcurementMethod.DIRECT: "direct",
}

PROCUREMENT: Mapping[ProcurementCategory, str] = {
    ProcurementCategory.WORKS: "works",
    ProcurementCategory.GOODS: "goods",
    ProcurementCategory.SERVICES: "services",
}

TENDER_STATUS: Mapping[TenderState, str] = {
    TenderState.ACTIVE: "active",
    TenderState.COMPLETE: "complete",
    TenderState.UNSUCCESSFUL: "unsuccessful",
    TenderState.CANCELLED: "cancelled",
}

# OC4IDS names what a process is for only where it is design, construction or supervision.
NATURE: Mapping[ProcurementCategory, str] = {ProcurementCategory.WORKS: "construction"}

EXTENSIONS = [
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_bid_extension/v1.1.5/extension.json",
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_lots_extension/v1.1.5/extension.json",
]


def words() -> dict[str, Mapping[Any, Any]]:
    """Every translation by its name, and the labels of milestones and methods, for the statements."""
    return {
        "status": STATUS,
        "type": TYPE,
        "sector": SECTOR,
        "milestone_type": MILESTONE_TYPE,
        "milestone": {kind: kind.zh for kind in MilestoneKind},
        "method": METHOD,
        "method_details": {method: method.zh for method in ProcurementMethod},
        "procurement": PROCUREMENT,
        "tender_status": TENDER_STATUS,
        "nature": NATURE,
    }
