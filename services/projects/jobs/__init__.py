"""The project library's long work; importing this package registers its handlers."""

from services.projects.jobs import declarations, linkage

__all__ = ["declarations", "linkage"]
