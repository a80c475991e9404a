"""Fujin's spring of 2018, made of synthetic households: an outside client of the four services.

Nothing here imports the services. What is loaded goes through the public HTTP API, as a county's own software would
do it; read `load.py` first, it is the tutorial.
"""
