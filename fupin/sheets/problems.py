"""Why a file is not read."""

from fupin.problems import Problem


class FileBurst(Problem):
    """The file unpacks to more than may be read; it was not opened further."""

    zh = "文件解压后超出读取上限，已停止读取。"


class SheetTooWide(Problem):
    """The sheet's cells lie too far apart: remove what stands far outside the table."""

    zh = "工作表的单元格分布范围过大，请删除表格以外远处的内容。"


class OldWorkbook(Problem):
    """The file is an old binary (.xls) or an encrypted workbook; save it as XLSX or CSV without a password."""

    zh = "文件是旧版 .xls 或加密的工作簿，请另存为不加密的 XLSX 或 CSV。"


class FileEmpty(Problem):
    """The file holds no rows below its headings."""

    zh = "文件在标题行之下没有数据。"


class HeadingsUnknown(Problem):
    """The headings are not those of this kind of file: some are unknown, missing or there twice."""

    zh = "标题行与该类文件不符：有无法识别、缺少或重复的标题。"


class ColumnsShifted(Problem):
    """From the heading `column` on the cells stand `by` columns beside their headings (to the right, if positive)."""

    zh = "自 column 所列标题起，数据列与标题错位 by 列（正数为右移）。"


class FileUnreadable(Problem):
    """The file is neither a workbook (XLSX) nor text (CSV) that can be read."""

    zh = "文件既不是可读取的 XLSX 工作簿，也不是可读取的 CSV 文本。"


class FileTooLong(Problem):
    """The file has more rows than are taken at once."""

    zh = "文件行数超过一次可接收的上限。"


REFUSALS = (FileBurst, FileEmpty, FileTooLong, FileUnreadable, OldWorkbook, SheetTooWide)  # of `reading.rows`
