"""The household registry (建档立卡)."""

from fastapi import FastAPI

from fupin.app import service
from services.registry import codes
from services.registry import jobs as jobs  # its handlers register themselves
from services.registry.routes import (
    accesses,
    appraisals,
    assistance,
    change_requests,
    changes,
    comparisons,
    decisions,
    divisions,
    eligibility_rules,
    exports,
    figures,
    guarantees,
    handbook,
    helpers,
    histories,
    households,
    imports,
    mappings,
    members,
    mergers,
    notices,
    pathways,
    payees,
    poverty_lines,
    procedure_steps,
    procedures,
    quality,
    rosters,
    snapshots,
    villages,
)

TAGS = [
    {"name": "households", "description": "Households and their status. 户与户状态。"},
    {"name": "members", "description": "Persons and income. 家庭成员与收入。"},
    {"name": "divisions", "description": "County, towns, villages. 行政区划。"},
    {"name": "change-requests", "description": "Changes decided by two people. 变更申请，提交与审批分离。"},
    {"name": "helpers", "description": "Who helps whom. 四级包保与责任书。"},
    {"name": "pathways", "description": "Ways out of poverty and lines of protection. 脱贫路径与兜底保障线。"},
    {"name": "guarantees", "description": "Two assurances and three guarantees. 两不愁三保障。"},
    {"name": "assistance", "description": "What households received, from whom, when. 帮扶措施。"},
    {"name": "quality", "description": "Numbered rules, their findings, scorecards. 数据质量。"},
    {"name": "procedures", "description": "Identification, exit, monitoring. 识别、退出与防返贫监测程序。"},
    {"name": "eligibility", "description": "Who counts as what: rules as data, traced decisions. 认定规则与结论。"},
    {"name": "imports", "description": "Files into the registry, and what they leave to review. 文件导入与待核事项。"},
    {"name": "rosters", "description": "Named, dated lists. 台账。"},
    {"name": "comparisons", "description": "A roster held against newer data. 数据比对。"},
    {"name": "snapshots", "description": "Frozen households, frames, counts. 快照、抽样框与统计。"},
    {"name": "handbook", "description": "A household on paper. 帮扶手册。"},
    {"name": "exports", "description": "Any list as a file. 导出。"},
    {"name": "changes", "description": "What changed, for who follows the registry. 变更推送。"},
    {"name": "figures", "description": "What the briefing counts. 汇报数字。"},
]


def create_app() -> FastAPI:
    return service(
        "registry",
        title="fupin registry",
        description="The household registry: who the households are, what they need, who helps them. 建档立卡。",
        routers=[
            accesses.router,
            exports.router,  # before the lists: `export` is not an id
            households.router,
            members.router,
            mergers.router,
            divisions.router,
            change_requests.router,
            helpers.router,
            pathways.router,
            guarantees.router,
            handbook.router,
            payees.router,
            imports.router,
            mappings.router,
            rosters.router,
            comparisons.router,
            eligibility_rules.router,
            decisions.router,
            procedures.router,
            procedure_steps.router,
            notices.router,
            poverty_lines.router,
            snapshots.router,
            changes.router,
            histories.router,
            figures.router,
            appraisals.router,
            assistance.router,
            quality.router,
            villages.router,
        ],
        code_lists=[getattr(codes, name) for name in codes.__all__],
        tags=TAGS,
    )


def main() -> FastAPI:
    """For `uvicorn --factory services.registry.app:main`."""
    return create_app()
