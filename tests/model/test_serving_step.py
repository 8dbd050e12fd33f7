"""A step of serving, per token."""

from flat_plugin.model.serving_step import Step


def test_what_a_token_takes() -> None:
    step = Step(requests=4, tokens=10, cache_bytes=1e6)
    found = step.to_dict(0.5, 200.0)
    assert (found["tokens_per_second"], found["energy_per_token_pj"]) == (20.0, 20.0)
    assert step.to_dict(0.5, None)["energy_per_token_pj"] is None
