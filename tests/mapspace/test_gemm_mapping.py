"""Products of one shape are mapped once, on a chip and under constraints that are the same."""

from dataclasses import replace

import flat_plugin as flat
from flat_plugin.mapspace.gemm_mapping import map_gemm
from flat_plugin.workload.einsum import gemm


def test_the_same_product_is_remembered() -> None:
    chip = flat.platform("edge")
    product = gemm("project_q", 64, 96, 128)
    first = map_gemm(product, chip.architecture, chip.energies)
    assert map_gemm(product, chip.architecture, chip.energies) is first
    assert (
        map_gemm(replace(product, name="project_k"), chip.architecture, chip.energies)["project_k"]
        == (first["project_q"])
    )


def test_another_chip_or_shape_is_another_product() -> None:
    chip, small = flat.platform("edge"), flat.platform("edge", set={"buffer_kb": 8})
    product = gemm("project_q", 512, 768, 768)
    own, other = (map_gemm(product, each.architecture, each.energies) for each in (chip, small))
    assert own["project_q"] != other["project_q"]
    wider = gemm("project_q", 512, 768, 1024)
    assert map_gemm(wider, chip.architecture, chip.energies)["project_q"] != own["project_q"]
