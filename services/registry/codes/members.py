from fupin.codelists import CodeList


class Sex(CodeList):
    """性别 (GB/T 2261.1) / Sex"""

    UNKNOWN = "0", "未知", "Unknown"
    MALE = "1", "男", "Male"
    FEMALE = "2", "女", "Female"
    UNSTATED = "9", "未说明", "Not stated"


class Education(CodeList):
    """文化程度 / Education"""

    ILLITERATE = "ILLITERATE", "文盲或半文盲", "Illiterate or half literate"
    PRIMARY = "PRIMARY", "小学", "Primary school"
    JUNIOR = "JUNIOR", "初中", "Junior high school"
    SENIOR = "SENIOR", "高中", "Senior high school"
    COLLEGE = "COLLEGE", "大专及以上", "College or above"
    PRESCHOOL = "PRESCHOOL", "学龄前", "Below school age"


class SchoolStage(CodeList):
    """在校状况 / School stage"""

    NOT_IN_SCHOOL = "NOT_IN_SCHOOL", "非在校", "Not in school"
    KINDERGARTEN = "KINDERGARTEN", "学前教育", "Kindergarten"
    PRIMARY = "PRIMARY", "小学", "Primary school"
    JUNIOR = "JUNIOR", "初中", "Junior high school"
    SENIOR = "SENIOR", "高中", "Senior high school"
    VOCATIONAL = "VOCATIONAL", "中职", "Secondary vocational school"
    COLLEGE = "COLLEGE", "大专及以上", "College or above"


class Health(CodeList):
    """健康状况 / Health"""

    HEALTHY = "HEALTHY", "健康", "Healthy"
    CHRONIC = "CHRONIC", "长期慢性病", "Long-term chronic illness"
    SERIOUS = "SERIOUS", "患有大病", "Serious illness"
    DISABLED = "DISABLED", "残疾", "Disabled"


class LabourAbility(CodeList):
    """劳动能力 / Labour ability"""

    SKILLED = "SKILLED", "技能劳动力", "Skilled labour"
    ABLE = "ABLE", "普通劳动力", "Able to work"
    WEAK = "WEAK", "弱劳动力或半劳动力", "Weak or half labour"
    LOST = "LOST", "丧失劳动力", "Lost the ability to work"
    NONE = "NONE", "无劳动力", "No labour (too young or too old)"
