"""Supervision: teams, frozen frames, public draws, visits, and the meetings that drive them."""
