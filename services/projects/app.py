from fastapi import FastAPI

from fupin.app import service
from services.projects import jobs as jobs  # its handlers register themselves
from services.projects.codes import CODE_LISTS
from services.projects.routes import ROUTERS

TAGS = (
    {"name": "projects", "description": "What is declared, with budget and performance targets. 项目申报。"},
    {"name": "imports", "description": "Declarations by the sheet. 申报表导入。"},
    {"name": "library", "description": "The steps through the library, its notices and objections. 项目库动态管理。"},
    {"name": "milestones", "description": "What is due when, reached or late. 里程碑。"},
    {"name": "village-schemes", "description": "Which villages a project covers. 覆盖村。"},
    {"name": "procurement", "description": "Tenders, bids and awards. 招标采购。"},
    {"name": "contracts", "description": "Contracts, amendments, and payments on them. 合同与付款。"},
    {"name": "linkage", "description": "Households that gain, held against the registry. 利益联结及核对。"},
    {"name": "incomes", "description": "What projects earn, and the shared account's part. 收益填报。"},
    {"name": "plans", "description": "Three-year plans and their progress. 三年规划。"},
    {"name": "maps", "description": "Villages and projects as GeoJSON. 地图数据。"},
    {"name": "enterprises", "description": "Leading enterprises and cooperatives. 经营主体。"},
    {"name": "attachments", "description": "Papers and photographs. 附件。"},
    {"name": "calendars", "description": "Milestones in a calendar program. 日历订阅。"},
    {"name": "statistics", "description": "Counts by town, category, programme and state. 统计。"},
    {"name": "exports", "description": "Any list as a file, OC4IDS and OCDS packages, the library sheet. 导出。"},
    {"name": "figures", "description": "The library's part of the county briefing. 简报数字。"},
)


def create_app() -> FastAPI:
    return service(
        "projects",
        title="Project library",
        description="The industry project library (产业项目库): what is planned, built and earns.",
        routers=ROUTERS,
        code_lists=CODE_LISTS,
        tags=TAGS,
    )


def main() -> FastAPI:
    """For `uvicorn --factory services.projects.app:main`."""
    return create_app()
