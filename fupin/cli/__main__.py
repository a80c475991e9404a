"""`python -m fupin.cli`, for the launchers."""

from fupin.cli import main

main()
