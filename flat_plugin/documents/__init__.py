"""YAML documents in, plain dictionaries out; safe for files of unknown origin."""

from flat_plugin.documents.load import Source, file_of, load, load_timeloopfe, located
from flat_plugin.documents.loader import TAG
from flat_plugin.documents.sections import missing

__all__ = ["TAG", "Source", "file_of", "load", "load_timeloopfe", "located", "missing"]
