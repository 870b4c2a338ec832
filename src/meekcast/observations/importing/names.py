"""Names of models across sources: equal but for case and punctuation, or by the table of aliases; never by a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

_PARTS = re.compile(r"\d+|[^\W\d_]+|\+")

EFFORT = re.compile(r"_(none|minimal|low|medium|high|xhigh|max|unknown|thinking|\d+[kK])$")
"""How hard a model thought, as Epoch AI writes it behind the name of a version."""


def squashed(name: str) -> str:
    """A name without case and punctuation, except what keeps numbers apart, and plus: Command R+ is not Command R.

    Examples
    --------
    >>> squashed("Claude 3.5 Sonnet"), squashed("claude-3-5-sonnet")
    ('claude3.5sonnet', 'claude3.5sonnet')
    >>> squashed("Command R+"), squashed("gpt-41"), squashed("GPT-4.1")
    ('commandr+', 'gpt41', 'gpt4.1')
    """
    parts = _PARTS.findall(name.casefold())
    apart = (one[-1].isdigit() and next_one[0].isdigit() for one, next_one in pairwise(parts))
    return "".join(f"{part}." if numbers else part for part, numbers in zip(parts, [*apart, False], strict=False))


def without_effort(name: str) -> str:
    """A version's name without how hard it thought.

    Examples
    --------
    >>> without_effort("gpt-5.2-2025-12-11_xhigh"), without_effort("glm-5")
    ('gpt-5.2-2025-12-11', 'glm-5')
    """
    return EFFORT.sub("", name)


class Known:
    """Names that are known, found by what they look like.

    Parameters
    ----------
    names : mapping of str to str
        From each name, as somebody writes it, to the one that is meant.

    Examples
    --------
    >>> Known({"gpt-4o": "gpt-4o", "GPT-4 (omni)": "gpt-4o"}).find("GPT 4o")
    'gpt-4o'
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._exact = dict(names)
        self._alike: dict[str, set[str]] = {}
        for written, meant in names.items():
            self._alike.setdefault(squashed(written), set()).add(meant)

    @classmethod
    def of(cls, names: Iterable[str]) -> Known:
        """Names that stand for themselves."""
        return cls({name: name for name in names})

    def find(self, *names: str) -> str | None:
        """What the first of some names means that is known; what looks like two known ones is not.

        Parameters
        ----------
        *names : str
            How something is called, the likeliest name first.

        Returns
        -------
        str or None
            None if nothing is known by these names.
        """
        for name in names:
            if name in self._exact:
                return self._exact[name]
            alike = self._alike.get(squashed(name), set()) if squashed(name) else set()
            if len(alike) == 1:
                return next(iter(alike))
        return None
