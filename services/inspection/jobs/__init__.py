"""Inspection's long work and chores; importing this package registers them."""
