"""How a column mapping is refused."""

from fupin.problems import Problem


class MappingTaken(Problem):
    """Your division already keeps a mapping of this name for this kind of file."""

    status = 409
    zh = "本行政区划已有同名的列对应关系。"
    constraint = "uq_column_mapping_division_code_kind_name"


class UnknownMapping(Problem):
    """There is no column mapping with this id for files of this kind."""

    zh = "没有适用于此类文件的该列对应关系。"
