from fupin.codelists import CodeList


class AccessKind(CodeList):
    """查阅方式 / How personal data was reached"""

    UNMASK = "UNMASK", "查看明文", "Unmasked"
    HANDBOOK = "HANDBOOK", "明文帮扶手册", "Handbook in the clear"
    EXPORT = "EXPORT", "明文导出", "Export in the clear"
    SEARCH = "SEARCH", "按证件号码查询", "Found by ID number"


class ExportFormat(CodeList):
    """导出格式 / Format of an export"""

    CSV = "csv", "CSV 文本", "CSV"
    XLSX = "xlsx", "Excel 工作簿", "Excel workbook"
    NDJSON = "ndjson", "逐行 JSON", "A JSON object a line"
