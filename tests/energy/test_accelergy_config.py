"""Where Accelergy looks for plug-ins."""

from flat_plugin.energy import accelergy_config
from flat_plugin.energy.accelergy_config import plug_ins


def plug_in(folder, name):
    (folder / name).mkdir(parents=True)
    (folder / name / f"{name}.estimator.yaml").write_text("")


def test_without_a_configuration_in_its_own_environment(tmp_path, monkeypatch):
    monkeypatch.setattr(accelergy_config, "CONFIG", tmp_path / "none.yaml")
    plug_in(tmp_path / "share" / "accelergy" / "estimation_plug_ins", "cacti")
    assert plug_ins(str(tmp_path / "bin" / "accelergy")) == ("plug-in cacti",)


def test_with_one_in_its_folders_and_missing_ones_are_said(tmp_path, monkeypatch):
    config = tmp_path / "config.yaml"
    monkeypatch.setattr(accelergy_config, "CONFIG", config)
    plug_in(tmp_path / "here", "tables")
    plug_in(tmp_path / "here" / "deeper", "aladdin")
    config.write_text(f"estimator_plug_ins: [{tmp_path / 'here'}, {tmp_path / 'gone'}]\n")
    found = plug_ins("/usr/bin/accelergy")
    assert found[:2] == ("plug-in aladdin", "plug-in tables")
    assert found[2].startswith(f"no such folder of plug-ins: {tmp_path / 'gone'} (in ")
