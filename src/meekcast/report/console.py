"""Rich's console, with nothing in it that a terminal would obey but Rich's own codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import override

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from meekcast.report.terminal import visible


class VisibleConsole(Console):
    """A console that shows control characters as escapes.

    Rich strips five of them from texts and passes the others on, ESC among them.
    """

    @override
    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Render as Rich does, cells of tables too; a text is made visible before it is wrapped."""
        if isinstance(renderable, str):
            renderable = visible(renderable)
        elif isinstance(renderable, Text):
            renderable, shown = renderable.copy(), visible(renderable.plain)
            renderable.plain = shown
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))
