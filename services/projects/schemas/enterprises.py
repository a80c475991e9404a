from uuid import UUID

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.projects.codes.enterprises import EnterpriseKind
from services.projects.schemas.fields import DivisionCode, Name, Uscc, example, unset


class NewEnterprise(Body):
    model_config = example(
        uscc="93990000MA19DEMP1B", name="示范养殖合作社", kind="COOPERATIVE", division_code="230882000000"
    )

    uscc: Uscc
    name: Name
    kind: EnterpriseKind
    division_code: DivisionCode


class EnterpriseChange(Body):
    model_config = example(name="示范养殖专业合作社")

    name: Name = unset()
    kind: EnterpriseKind = unset()


class Enterprise(Answer):
    id: UUID
    uscc: str
    name: str
    kind: EnterpriseKind
    division_code: str
    version: int
    recorded_at: Instant


class EnterprisePage(Page[Enterprise]): ...
