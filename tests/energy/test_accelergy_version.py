"""Which Accelergy it was: its version, and checksums of its sources and plug-ins."""

from flat_plugin.energy.accelergy_version import accelergy_version


def test_plug_ins_are_those_that_the_log_names_and_ours(tmp_path, programs):
    for name in ("cacti", "dummy_tables"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.estimator.yaml").write_text("version: 1")
    log = "".join(
        f"Info: Estimator plug-in identified by: {tmp_path / name / name}.estimator.yaml\n"
        for name in ("cacti", "dummy_tables")
    )
    program = programs("accelergy", "pass")
    version, (cacti, ours) = accelergy_version(str(program), log)
    assert version.startswith("Accelergy") and "sha256" in version
    assert cacti.startswith("cacti (sources sha256 ") and ours.startswith("flat-plugin")
    (tmp_path / "cacti" / "more.py").write_text("1")
    assert accelergy_version(str(program), log)[1][0] != cacti
