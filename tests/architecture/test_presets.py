"""The platforms of the FLAT paper."""

from pathlib import Path

import pytest

from flat_plugin.architecture import find_architecture, list_architectures, preset_path
from flat_plugin.errors import FlatError

CLOCK = 940e6  # Hz


@pytest.mark.parametrize(
    ("name", "side", "buffer_bytes", "on_chip", "off_chip"),
    [
        ("edge", 32, 512 * 2**10, 1000 * 2**30, 50 * 2**30),
        ("cloud", 256, 32 * 2**20, 8000 * 2**30, 400 * 2**30),
    ],
)
def test_figures_of_the_paper(name: str, side: int, buffer_bytes: int, on_chip: int, off_chip: int) -> None:
    found = find_architecture(name)
    dram, buffer, registers = found.memories
    assert found.name == name
    assert found.cycle_seconds == pytest.approx(1 / CLOCK)
    assert (found.compute.mesh_x, found.compute.mesh_y) == (side, side)
    assert buffer.capacity * 2 == buffer_bytes
    assert dram.shared_bandwidth == pytest.approx(off_chip / 2 / CLOCK, rel=1e-5)
    assert buffer.shared_bandwidth == pytest.approx(on_chip / 2 / CLOCK, rel=1e-5)
    assert (registers.capacity, registers.instances) == (16, side * side)
    assert found.softmax is not None
    assert found.softmax.lanes == side


def test_rows_times_banks_is_about_the_bandwidth() -> None:
    for name in ("edge", "cloud"):
        buffer = find_architecture(name).memories[1]
        banks = buffer.attributes["n_banks"]
        assert isinstance(banks, int)
        assert banks * buffer.block_size == pytest.approx(buffer.shared_bandwidth, rel=0.12)


def test_by_path_and_by_folder() -> None:
    folder = preset_path("edge")
    assert find_architecture(folder) == find_architecture(folder / "arch.yaml")
    assert find_architecture(folder) == find_architecture("edge")


def test_unknown_names(tmp_path: Path) -> None:
    assert {"edge", "cloud"} <= set(list_architectures())
    for call in (find_architecture, preset_path):
        with pytest.raises(FlatError, match="edge"):
            call("edgy")
    with pytest.raises(FlatError, match="no such architecture"):
        find_architecture(tmp_path)
