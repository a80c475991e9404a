"""Inspection's long work and chores; importing this package registers them."""

from services.inspection.jobs import escalations as escalations
from services.inspection.jobs import schedules as schedules
