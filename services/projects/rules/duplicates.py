"""When two projects may be one, and when public money pays the same one twice."""

from services.projects.codes.projects import FundingSource

ALIKE = 50  # of 100 in titles' pairs of characters, from which on a person should look
SHOWN = 10  # hints in the answer to a declaration; the rest is listed
PUBLIC_SOURCES = (FundingSource.CENTRAL, FundingSource.PROVINCE, FundingSource.CITY, FundingSource.COUNTY)
