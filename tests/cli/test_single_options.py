"""An option of one value is given once."""


def test_a_repeated_option_is_refused(refused):
    asked = ["estimate", "--attention", "B=1,H=1,M=4,D=4"]
    assert (
        refused(*asked, "--arch", "edge", "--arch", "cloud")
        == "flat: --arch: given twice; expected one --arch"
    )
    assert refused("run", "sweep.yaml", "-o", "a", "--output", "b").startswith("flat: --output: given twice")


def test_flags_and_lists_may_be_repeated(flat):
    asked = ["show", "edge", "--set", "buffer_kb=64", "--set", "softmax_lanes=8", "--json", "--json"]
    assert flat(*asked).code == 0
