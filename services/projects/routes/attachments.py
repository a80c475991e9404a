"""Papers of a project: feasibility study, photographs, contracts, acceptance."""

from fupin.attachments import attachments
from services.projects.queries import projects

router = attachments("projects", {"project": ("/v1/projects", projects.place)})
