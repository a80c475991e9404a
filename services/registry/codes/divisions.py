from fupin.codelists import CodeList


class DivisionLevel(CodeList):
    """行政区划级别 / Division level"""

    COUNTY = "COUNTY", "县", "County"
    TOWN = "TOWN", "镇", "Town"
    VILLAGE = "VILLAGE", "村", "Village"


class HelperLevel(CodeList):
    """包保级别 / Level of a helper: a city leader takes a town; departments, towns and villages take households"""

    LEADER = "LEADER", "市级领导包镇", "City leader for a town"
    DEPARTMENT = "DEPARTMENT", "市直部门包户", "City department for a household"
    TOWN = "TOWN", "镇干部包户", "Town cadre for a household"
    VILLAGE = "VILLAGE", "村干部包户", "Village cadre for a household"


class LetterLevel(CodeList):
    """责任书级别 / Level of a responsibility letter"""

    COUNTY_TOWN = "COUNTY_TOWN", "市与镇", "County to town"
    TOWN_VILLAGE = "TOWN_VILLAGE", "镇与村", "Town to village"
    VILLAGE_CADRE = "VILLAGE_CADRE", "村与帮扶干部", "Village to cadre"
