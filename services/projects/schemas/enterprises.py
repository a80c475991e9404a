from datetime import datetime
from uuid import UUID

from fupin.paging import Page
from fupin.schemas import Answer, Body
from services.projects.codes import EnterpriseKind
from services.projects.schemas.fields import DivisionCode, Name, Uscc, unset


class NewEnterprise(Body):
    uscc: Uscc
    name: Name
    kind: EnterpriseKind
    division_code: DivisionCode


class EnterpriseChange(Body):
    name: Name = unset()
    kind: EnterpriseKind = unset()


class Enterprise(Answer):
    id: UUID
    uscc: str
    name: str
    kind: EnterpriseKind
    division_code: str
    version: int
    recorded_at: datetime


class EnterprisePage(Page[Enterprise]): ...
