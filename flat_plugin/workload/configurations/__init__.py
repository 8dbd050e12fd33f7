"""Configurations of models (Hugging Face ``config.json``) as :class:`~flat_plugin.workload.model.Model`."""

from flat_plugin.workload.configurations.reader import read_config

__all__ = ["read_config"]
