"""Commands as processes: streams, exit codes, what is loaded, and that Ctrl-C costs nothing."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from meekcast.cards import library


def test_a_process_writes_json_to_stdout_alone_and_exits_with_0(run_process):
    answer = run_process("point", "--json")
    assert (answer.code, answer.err) == (0, "")
    assert json.loads(answer.out)["peak_time"] == pytest.approx(3.33723, abs=5e-6)


def test_a_process_tells_a_mistake_on_stderr_and_exits_with_2(run_process, one_message):
    message = one_message(run_process("forecast", "leaderbord"), "Did you mean 'leaderboard'?")
    assert message == "error: unknown model card 'leaderbord'"


LIGHT = [
    ["--help"], ["--version"], ["forecast", "--help"], ["models"], ["models", "leaderboard"], ["priors"],
    ["priors", "literature"], ["evidence"], ["evidence", "mmlu-pro"], ["models", "--json"], ["cache"], ["point"],
    ["point", "R=10", "--at", "3"], ["point", "--json"], ["backtest", "--help"], ["export", "--help"], ["replay", "--help"],
    ["diff", "--help"], ["elicit", "--help"], ["explore", "--help"],
]  # fmt: skip


def test_commands_that_only_answer_load_nothing_heavy(run_process):
    code = """if True:
        import contextlib, io, json, sys
        from meekcast.cli import main
        found = []
        for arguments in json.loads(sys.argv[1]):
            sys.argv = ["meekcast", *arguments]
            with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
                main()
            heavy = ("pymc", "pytensor", "nutpie", "matplotlib", "xarray", "arviz", "scipy")
            found.append([arguments, [name for name in heavy if name in sys.modules]])
        print(json.dumps(found))
    """
    answer = run_process(json.dumps(LIGHT), code=code)
    assert answer.code == 0, answer.err
    assert json.loads(answer.out) == [[arguments, []] for arguments in LIGHT]


def test_an_error_that_a_library_makes_of_ctrl_c_is_the_same_message(run_process):
    code = """if True:
        import signal
        import meekcast.cli
        signal.signal(signal.SIGINT, signal.default_int_handler)
        def drawn(*_):
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                raise ValueError("Invalid bounding box")
        meekcast.cli.program = drawn
        meekcast.cli.main()
    """
    answer = run_process("models", code=code)
    assert (answer.code, answer.out) == (130, "")
    assert answer.err.strip() == "interrupted: nothing is half-written, what was finished before stands"


@pytest.mark.parametrize("where", ["meekcast.cli.program", "typer.core.TyperGroup.parse_args"])
def test_ctrl_c_while_a_command_is_loaded_or_read_is_one_message(run_process, where):
    code = f"""if True:
        import signal
        import meekcast.cli
        import typer.core
        signal.signal(signal.SIGINT, signal.default_int_handler)
        {where} = lambda *_: signal.raise_signal(signal.SIGINT)
        meekcast.cli.main()
    """
    answer = run_process("models", code=code)
    assert (answer.code, answer.out) == (130, "")
    assert answer.err.strip() == "interrupted: nothing is half-written, what was finished before stands"


@pytest.mark.long
def test_without_a_compiler_of_c_plus_plus_nothing_is_missed(run_process, tmp_path):
    answer = run_process("cache", "--compile", "mmlu-pro-alone", MEEKCAST_CACHE=str(tmp_path), PYTENSOR_FLAGS="cxx=")
    assert answer.code == 0
    assert "1 compiled model" in answer.out
    assert "warning" not in answer.err.lower()


@pytest.fixture(scope="module")
def long_card(tmp_path_factory):
    """A small card that compiles quickly, to be sampled for a long time."""
    text = (library.shelf("models") / "mmlu-pro-alone.toml").read_text()
    text = text.replace('discrepancy = "ou"', 'discrepancy = "none"').replace(
        'name = "mmlu-pro-alone"', 'name = "long"', 1
    )
    file = tmp_path_factory.mktemp("cards") / "long.toml"
    file.write_text(text)
    return file


@pytest.mark.long
def test_ctrl_c_while_sampling_is_one_message_and_leaves_everything_as_it_was(long_card, tmp_path, leftovers):
    folder, own_cache = tmp_path / "out" / "long", tmp_path / "cache"
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text("an earlier result")
    # Where the tests run in the background, processes inherit a deaf ear for Ctrl-C.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from meekcast.cli import main; main()"
    )
    arguments = [
        "forecast",
        long_card,
        "--evidence",
        "mmlu-pro-summary",
        "--draws",
        10_000,
        "--tune",
        10_000,
        "--target-accept",
        0.999,
        "--out",
        tmp_path / "out",
    ]
    running = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "MEEKCAST_CACHE": str(own_cache)},
    )  # fmt: skip
    heard = []
    try:
        for line in running.stderr:
            heard.append(line)
            if line.startswith("... sampling"):
                time.sleep(1)
                running.send_signal(signal.SIGINT)
                break
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130, "".join(heard) + err
    assert [line for line in err.splitlines() if line.strip()] == [
        "interrupted: nothing is half-written, what was finished before stands"
    ]
    assert out == ""
    assert (folder / "summary.json").read_text() == "an earlier result"
    assert [file.name for file in folder.iterdir()] == ["summary.json"]
    assert leftovers(tmp_path) == []
    assert [file.name for file in own_cache.iterdir()] == ["code"]  # compiled before, and whole


@pytest.mark.slow
def test_a_home_that_cannot_be_written_is_no_obstacle(run_process, long_card, tmp_path):
    """Code is compiled into a folder of this process, and the posterior is not kept."""
    code = "import os; os.environ.pop('MEEKCAST_CACHE'); from meekcast.cli import main; main()"
    nowhere = {"HOME": "/proc/self/nothere", "XDG_CACHE_HOME": "/proc/self/nothere"}
    before = set(Path(tempfile.gettempdir()).glob("meekcast-*"))
    options = ("--evidence", "mmlu-pro-summary", "--draws", 500, "--tune", 500, "--out", tmp_path)
    answer = run_process("forecast", long_card, *options, code=code, **nowhere)
    assert answer.code in {0, 3}, answer.err
    assert (tmp_path / "long" / "summary.json").is_file()
    assert set(Path(tempfile.gettempdir()).glob("meekcast-*")) == before
