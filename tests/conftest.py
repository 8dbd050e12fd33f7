"""What all tests share."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def nothing_installed() -> Iterator[None]:
    """Tests of models and files give the same figures wherever they run: ``auto`` finds no estimator.

    Tests of the estimators name them, or put their own in this place.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flat_plugin.energy.choose.installed_estimators", lambda time_limit: ())
        yield
