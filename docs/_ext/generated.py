"""What the program knows of itself, as parts of pages: commands, keys of cards, parameters, questions.

Each directive writes Markdown from the live program when the site is built. Where words are ours (what a key of a
card means), they stand in the page, and the build fails if they leave out a key or describe one that is not there.
"""

import inspect
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any, ClassVar, override

import typer
from docutils import nodes
from pydantic import BaseModel
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Markdown(SphinxDirective):
    """A directive whose result is Markdown."""

    def run(self) -> list[nodes.Node]:
        """Parse what `lines` says, sections included."""
        return self.parse_text_to_nodes("\n".join(self.lines()), allow_section_headings=True)

    def lines(self) -> Iterable[str]:
        """Lines of Markdown."""
        raise NotImplementedError


class Commands(Markdown):
    """Every command with its help text, its arguments and its options."""

    @override
    def lines(self) -> Iterator[str]:
        from meekcast.cli import program
        from meekcast.cli.app import BELOW

        group: Any = typer.main.get_command(program())
        root = group.make_context("meekcast", [], resilient_parsing=True)
        below = {above: (name, typer.main.get_command(of)) for (above, name), of in BELOW.items()}
        for name, command in group.commands.items():
            yield from _command(f"meekcast {name}", command, root)
            if name in below:
                yield from _command(f"meekcast {name} {below[name][0]}", below[name][1], root)


def _command(name: str, command: Any, root: Any) -> Iterator[str]:
    context = command.make_context(name, [], parent=root, resilient_parsing=True)
    usage = " ".join(command.collect_usage_pieces(context))
    yield from (f"## {name}", "", _text(inspect.cleandoc(command.help)), "", "```text", f"{name} {usage}", "```", "")
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    yield from _table(
        ("argument or option", "what it does"), [(_code(left), _text(right)) for left, right in filter(None, records)]
    )


class Keys(Markdown):
    """The keys of a table of a TOML file: what they hold from its pydantic model, what they mean from the page.

    The argument is the model, ``module:Class``; the content has one line a key, ``key: meaning``.
    """

    has_content = True
    required_arguments = 1

    @override
    def lines(self) -> Iterable[str]:
        module, name = self.arguments[0].split(":")
        model: type[BaseModel] = getattr(import_module(module), name)
        schema = model.model_json_schema()
        meanings = dict(line.split(": ", 1) for line in self.content if line.strip())
        differ = sorted(schema["properties"].keys() ^ meanings.keys())
        if differ:
            raise self.error(f"{name}: its keys and those that the page describes differ in {', '.join(differ)}")
        entries = [(key, schema["properties"][key], meaning) for key, meaning in meanings.items()]
        rows = [(_code(key), _holds(one, schema), _default(key, one, schema), means) for key, one, means in entries]
        return _table(("key", "holds", "default", "what it says"), rows)


def _holds(entry: dict[str, Any], schema: dict[str, Any]) -> str:
    """What a key holds, in words: kind of value, what is allowed, limits."""
    if "$ref" in entry:
        target = schema["$defs"][entry["$ref"].rsplit("/", 1)[1]]
        return "table" if "properties" in target else _holds(target, schema)
    if "anyOf" in entry:
        return " or ".join(_holds(one, schema) for one in entry["anyOf"] if one.get("type") != "null")
    if "enum" in entry or "const" in entry:
        return ", ".join(_value(one) for one in entry.get("enum", [entry.get("const")]))
    if "prefixItems" in entry:
        return f"list: {', '.join(_holds(one, schema) for one in entry['prefixItems'])}"
    if entry["type"] == "array":
        return f"list, each: {_holds(entry['items'], schema)}"
    if entry["type"] == "object":
        return f"{_holds(entry['additionalProperties'], schema)} by name"
    limits = [f"{word} {entry[limit]:g}" for limit, word in LIMITS.items() if limit in entry]
    return " ".join([entry.get("format") or KINDS[entry["type"]], *limits])


KINDS = {"string": "text", "number": "number", "integer": "whole number", "boolean": "true or false"}
LIMITS = {"exclusiveMinimum": "above", "minimum": "from", "exclusiveMaximum": "below", "maximum": "to"}
"""Kinds of values and limits of numbers, as JSON schemas call them and as people do."""


def _default(key: str, entry: dict[str, Any], schema: dict[str, Any]) -> str:
    if key in schema.get("required", ()):
        return "required"
    default = entry.get("default")
    return "" if default in (None, "", [], {}) else _value(default)


def _value(value: str | float) -> str:
    """A value as a TOML file has it."""
    return _code(f'"{value}"' if isinstance(value, str) else str(value).lower())


class Parameters(Markdown):
    """The registry of parameters on which a prior can stand."""

    @override
    def lines(self) -> Iterable[str]:
        from meekcast.vocabulary import parameters

        rows = [(_code(p.name), p.unit, p.meaning, _range(p.low, p.high)) for p in parameters.GENERAL.values()]
        return _table(("parameter", "unit", "meaning", "range"), rows)


class Quantities(Markdown):
    """What can be asked of a card, which is the argument; ``:beyond:`` names one whose quantities are left out."""

    required_arguments = 1
    option_spec: ClassVar = {"beyond": str}

    @override
    def lines(self) -> Iterable[str]:
        from meekcast.cards.library import load_card

        beyond = load_card(self.options["beyond"]).quantities if "beyond" in self.options else {}
        found = {k: q for k, q in load_card(self.arguments[0]).quantities.items() if k not in beyond}
        rows = [(_code(name), q.unit, q.long_name, _range(q.low, q.high)) for name, q in found.items()]
        return _table(("quantity", "unit", "meaning", "range"), rows)


class Grammar(Markdown):
    """The grammar of questions, formal and by its forms."""

    @override
    def lines(self) -> Iterator[str]:
        from meekcast.report.quantities import GRAMMAR
        from meekcast.vocabulary import grammar

        yield from _table(("form", "what it asks"), [(_code(form), asks) for form, asks in GRAMMAR])
        rules = inspect.cleandoc(grammar.__doc__ or "").split("::\n", 1)[1]
        block = [line for line in rules.splitlines() if not line or line.startswith(" ")]
        yield from ("```text", inspect.cleandoc("\n".join(block)), "```")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table in Markdown; a cell is one line."""
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(' '.join(cell.split()) for cell in row)} |"
    yield ""


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def _text(text: str) -> str:
    """Text of the program in Markdown, which would take some of it for markup."""
    return text.replace("<", "\\<").replace("*", "\\*").replace("|", "\\|")


def _range(low: float, high: float) -> str:
    ends = (f"above {low:g}" if low > -float("inf") else "", f"below {high:g}" if high < float("inf") else "")
    return " and ".join(filter(None, ends)) or "any"


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directives."""
    directives: dict[str, type[Markdown]] = {
        "commands": Commands, "keys": Keys, "parameters": Parameters, "quantities": Quantities, "grammar": Grammar,
    }  # fmt: skip
    for name, directive in directives.items():
        app.add_directive(name, directive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
