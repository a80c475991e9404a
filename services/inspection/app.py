from fastapi import FastAPI

from fupin.app import service
from services.inspection import jobs as jobs  # its chores register themselves
from services.inspection.codes import LISTS
from services.inspection.routes import ROUTERS

TAGS = [
    {"name": "meetings", "description": "Task forces, working systems, meetings, action items. 会议与工作制度。"},
    {"name": "teams", "description": "Teams, their homes, cross-inspection. 督查组与驻村工作队、交叉互检。"},
    {"name": "plans", "description": "Inspection plans and their frozen frames. 督查计划与抽样框。"},
    {"name": "draws", "description": "Public draws that anyone can repeat. 公开抽取。"},
    {"name": "schedules", "description": "Which team goes where on which day, proven optimal. 督查日程。"},
    {"name": "visits", "description": "Who visits which household when. 入户核查。"},
    {"name": "findings", "description": "What was found wanting, and its rectification. 问题与整改。"},
    {"name": "checklists", "description": "Versioned lists of typed questions. 核查表。"},
    {"name": "packets", "description": "Forms for where there is no network, and what comes back. 离线核查包。"},
    {"name": "attachments", "description": "Files beside a visit, a finding, a meeting. 附件。"},
    {"name": "calendars", "description": "Meetings and visits as a calendar to subscribe to. 日历订阅。"},
    {"name": "estimates", "description": "What the sample says about everybody, with intervals. 推断。"},
    {"name": "reports", "description": "Coverage, findings, rectification, a round on paper. 报告。"},
    {"name": "campaigns", "description": "Work tips and campaigns. 工作提示与主题活动。"},
    {"name": "exports", "description": "Lists as CSV, workbook or JSON lines. 导出。"},
    {"name": "figures", "description": "Figures for the county briefing. 简报数字。"},
]


def create_app() -> FastAPI:
    """The inspection service, without I/O."""
    return service(
        "inspection",
        title="Inspection",
        description="Supervision of the work: teams, frozen frames, public draws, visits, meetings. 督查、抽样与会议。",
        routers=ROUTERS,
        code_lists=LISTS,
        tags=TAGS,
    )


def main() -> FastAPI:
    """For `uvicorn --factory services.inspection.app:main`."""
    return create_app()
