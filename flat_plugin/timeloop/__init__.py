"""Timeloop's files: written from templates."""

from flat_plugin.timeloop.emit import emit_operator, mapping_document, problem_document
from flat_plugin.timeloop.render import render
from flat_plugin.timeloop.settings import MapperSettings
from flat_plugin.timeloop.write import write_files

__all__ = [
    "MapperSettings",
    "emit_operator",
    "mapping_document",
    "problem_document",
    "render",
    "write_files",
]
