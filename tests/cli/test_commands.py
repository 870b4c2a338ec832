"""How a dataclass of options becomes a command: help, defaults, completion, and that nothing is written twice."""

import dataclasses
import re
from importlib import import_module
from pathlib import Path

import pytest
import typer

from meekcast.cli import COMMANDS, program


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_one_file_one_dataclass_and_one_function(name):
    module = import_module(f"meekcast.cli.{name}")
    options = module.Options
    assert dataclasses.is_dataclass(options)
    assert options.__dataclass_params__.frozen
    assert all(field.kw_only for field in dataclasses.fields(options))
    assert callable(getattr(module, name))


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_fits_80_columns_and_names_every_option(run_cli, monkeypatch, name, flag):
    monkeypatch.setenv("COLUMNS", "80")
    answer = run_cli(*([name] if name else []), flag)
    assert (answer.code, answer.err) == (0, "")
    assert max(map(len, answer.out.splitlines())) <= 80
    group = typer.main.get_command(program())
    command = group.commands[name] if name else group
    for parameter in command.params:
        for option in (o for o in parameter.opts if o.startswith("--")):
            assert option in answer.out
    if name:
        assert len(answer.out.split("\n\n")[1].strip()) > 10


def test_defaults_are_those_of_the_dataclass(run_cli, monkeypatch):
    from meekcast.cli.forecast import Options
    from meekcast.inference.sampler import Settings

    assert Options().settings == Settings()
    assert Options().cards == []
    assert Options().out == Path("out")


@pytest.mark.long
@pytest.mark.parametrize(
    ("typed", "offered"),
    [("meekcast fore", "forecast"), ("meekcast models leaderboard-c", "leaderboard-capped"),
     ("meekcast forecast paper --priors wi", "wide"), ("meekcast evidence gp", "gpqa"),
     ("meekcast forecast --sampler nut", "nutpie")],
)  # fmt: skip
def test_the_shell_completes_commands_and_names(run_process, typed, offered):
    code = "import sys; sys.argv = ['meekcast']; from meekcast.cli import main; main()"
    variables = {"_MEEKCAST_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    answer = run_process(code=code, **variables)
    assert answer.out.split() == [offered], answer.err


def test_no_option_says_two_things():
    """An option of one name has one help text wherever its meaning is shared (options.py)."""
    shared = {
        "--set",
        "--evidence",
        "--until",
        "--anchor",
        "--by",
        "--draws",
        "--json",
        "--quiet",
        "--fresh",
        "--prior",
    }
    group = typer.main.get_command(program())
    said = {}
    for name, command in group.commands.items():
        for parameter in command.params:
            for option in shared & set(parameter.opts):
                if (name, option) not in {("sensitivity", "--by"), ("sensitivity", "--prior"), ("forecast", "--draws")}:
                    said.setdefault(option, set()).add(parameter.help)
    assert {option for option, texts in said.items() if len(texts) > 1} == set()


def test_help_starts_fast_and_nothing_in_a_command_prints_by_itself():
    folder = Path(import_module("meekcast.cli").__file__).parent
    printing = {f.name for f in folder.glob("*.py") if re.search(r"^\s+print\(", f.read_text(), re.MULTILINE)}
    assert printing <= {"cache.py", "check.py", "export.py", "point.py"}  # plain lines; the others have reports
