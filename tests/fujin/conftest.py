import pytest

from fujin.world import World, make


@pytest.fixture(scope="session")
def world() -> World:
    """Synthetic Fujin; frozen rows, so that all tests may share it."""
    return make()
