"""``import meekcast`` offers everything and loads nothing."""

import ast
import inspect
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import meekcast as mk

ROOT = Path(__file__).parents[2]
HEAVY = ("pymc", "pytensor", "nutpie", "xarray", "pandas", "matplotlib", "arviz", "scipy", "numpy", "rich", "typer")

IMPORT = f"""
import sys, time
start = time.perf_counter()
import meekcast
took = time.perf_counter() - start
names = dir(meekcast)
loaded = [name for name in {HEAVY} if name in sys.modules]
print(took, len(names), ",".join(loaded))
"""


def test_importing_takes_no_time_and_loads_nothing(run_process):
    """The fastest of three: the machine may be busy with something else."""
    took, names, loaded = min(run_process(code=IMPORT).out.split(" ") for _ in range(3))
    assert float(took) < 0.1
    assert loaded.strip() == ""
    assert int(names) == len(mk.__all__)


def test_a_calculator_needs_no_sampler_and_no_pictures(run_process):
    code = "import sys, meekcast; meekcast.point(R=10); meekcast.InputError; print(sorted(sys.modules))"
    loaded = ast.literal_eval(run_process(code=code).out)
    assert not {"pymc", "matplotlib", "pandas", "arviz"} & set(loaded)


def test_tab_completion_is_complete():
    verbs = {"forecast", "open", "when", "backtest", "calibrate", "stack", "sensitivity", "scenarios", "sweep"}
    verbs |= {"point", "reproduce"}
    verbs |= {"models", "priors", "evidence"}
    assert verbs <= set(dir(mk))
    assert dir(mk) == mk.__all__ == sorted(mk.__all__)
    for name in mk.__all__:
        assert getattr(mk, name) is not None


def test_what_type_checkers_see_is_what_is_there():
    """The imports for type checkers, the list of names and the table of homes say the same."""
    tree = ast.parse(Path(mk.__file__).read_text(encoding="utf-8"))
    (typed,) = [node for node in tree.body if isinstance(node, ast.If)]
    imported = {
        alias.name: node.module for node in typed.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert set(imported) | {"__version__"} == set(mk.__all__)
    for name, module in imported.items():
        assert inspect.getmodule(getattr(mk, name)).__name__ == module, name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'forcast'"):
        mk.forcast  # noqa: B018


def test_no_room_shadows_a_name():
    rooms = {path.stem for path in Path(mk.__file__).parent.iterdir()}
    assert not rooms & set(mk.__all__)


def test_errors_are_those_of_the_command_line(run_cli):
    with pytest.raises(mk.InputError) as raised:
        mk.forecast("papr")
    answer = run_cli("forecast", "papr")
    assert answer.code == 2
    assert raised.value.message in answer.err.replace("\n", " ")
    assert isinstance(raised.value, mk.MeekcastError)
    assert "Did you mean 'paper'" in raised.value.remedy


def test_types_ship_in_the_wheel(tmp_path):
    assert "Typing :: Typed" in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    from hatchling.builders.wheel import WheelBuilder

    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    assert "meekcast/py.typed" in zipfile.ZipFile(wheel).namelist()


USER = """
import meekcast as mk
f = mk.forecast("paper", set={"R": 2.0})
reveal_type(f)
reveal_type(f.when("loss_gap < 0.05"))
reveal_type(mk.sensitivity)
"""


@pytest.mark.slow
def test_a_users_program_is_typed(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(USER, encoding="utf-8")
    told = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), str(program)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert "meekcast.door.result.Forecast" in told
    assert "meekcast.door.answer.Answer" in told
    assert "Any" not in next(line for line in told.splitlines() if "note: Revealed" in line)
