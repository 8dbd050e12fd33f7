"""Templates to text. Jinja is loaded with the first of them: most commands write none."""

from __future__ import annotations

from pathlib import Path


def render(template_name: str, templates: Path | None = None, **values: object) -> str:
    """The text of a template.

    Args:
        template_name: such as ``problem.yaml.j2``.
        templates: a folder searched first; what is not there comes from the package.
        values: the names that the template may use.

    Raises:
        FlatError: no such template, a mistake in it, or a name that is not defined.
    """
    from flat_plugin.timeloop.environment import rendered

    return rendered(template_name, templates, values)
