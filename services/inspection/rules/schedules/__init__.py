"""
The schedule of a round: which team goes on which day along which villages.

Two steps, both solved with HiGHS and both with their bound: first the day-routes of least travel such that every
village lies on one, the teams' days suffice, nobody inspects at home and village counts differ by one at most where
that can be; then those routes to teams, travel spread evenly. Counties are solved each for itself. Same input, same
schedule: one thread, one seed, limits counted in nodes.
"""
