from pathlib import Path

import pytest

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference"


@pytest.fixture(scope="session")
def published():
    """Finds a published file; the test is skipped, visibly, where it is not here."""

    def find(*names):
        missing = [name for name in names if not (REFERENCE / name).is_file()]
        if missing:
            pytest.skip(f"the published data is missing: {', '.join(missing)} in {REFERENCE}")
        return REFERENCE

    return find
