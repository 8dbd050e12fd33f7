"""Attributes that change nothing are named."""

from small_documents import chain, mac, memory

from flat_plugin.architecture import read_architecture


def notes(*components, **attributes):
    return read_architecture(chain(*components, **attributes)).notes


def test_what_nothing_reads_is_noted():
    assert notes(memory(type="x", n_banks=2), mac()) == ()
    assert notes(memory(**{"shared-bandwidth": 2, "typ": "x"}), mac(lanes=3)) == (
        "Buffer: only an energy estimator could read shared-bandwidth (meant shared_bandwidth?), typ",
        "MAC: only an energy estimator could read lanes",
    )


def test_the_old_name_of_a_bandwidth_is_noted():
    old = "Buffer: bandwidth is an old name, which Timeloop reads as "
    assert notes(memory(bandwidth=4), mac()) == (old + "half of it for reads and writes each",)
    assert notes(memory(bandwidth=4, read_bandwidth=1), mac()) == (old + "half of it for writes",)
    (note,) = notes(memory(bandwidth=4, read_bandwidth=1, write_bandwidth=1), mac())
    assert note == old + "nothing, beside read_bandwidth and write_bandwidth"
