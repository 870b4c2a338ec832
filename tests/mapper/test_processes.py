"""Work shared among processes: the same results as in order, errors and Ctrl-C as in one process, nothing left behind."""

import io
import os
import signal
import subprocess
import sys

import pytest
from rich.console import Console

from meekcast.backtests.run import backtest
from meekcast.backtests.summary import document
from meekcast.errors import InputError, MeekcastError
from meekcast.files import to_json
from meekcast.inference.cores import cores
from meekcast.inference.posterior import infer
from meekcast.inference.sampler import Settings, Silent
from meekcast.inputs import gather
from meekcast.mapper import processes
from meekcast.mapper.spreading import spread
from meekcast.report.progress import LATEST, LiveProgress, Pace


@pytest.mark.long
def test_results_are_in_the_order_of_the_tasks_by_one_process_or_more(work, monkeypatch, heard):
    found = {}
    for number in ("1", "2", "9"):
        monkeypatch.setenv("MEEKCAST_CORES", number)
        progress, done = heard(), []
        found[number] = spread(work.square, [5, 4, 3], progress, done.append)
        assert sorted(done) == [9, 16, 25]
        assert sorted(progress.steps) == ["squaring 3", "squaring 4", "squaring 5"]
    assert found["1"] == found["2"] == found["9"] == [25, 16, 9]
    assert spread(work.square, [], Silent()) == []


def test_draws_of_all_that_is_under_way_are_summed(work, two, heard):
    progress = heard()
    spread(work.square, [7, 8], progress)
    assert progress.draws[-1] in {(15, 200, 2), (7, 100, 1), (8, 100, 1)}  # the other may be done by then
    assert all(total in (100, 200) for _, total, _ in progress.draws)


def test_each_worker_is_a_process_of_one_thread_and_there_are_no_more_than_cores(work, two):
    found = spread(work.place, list(range(6)), Silent())
    processes = {process for process, _ in found}
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert all(set(said.values()) == {"1"} for _, said in found)


def test_one_task_or_one_core_is_done_here(work, monkeypatch):
    monkeypatch.setenv("MEEKCAST_CORES", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert {process for process, _ in spread(work.place, [1, 2], Silent())} == {os.getpid()}
    monkeypatch.setenv("MEEKCAST_CORES", "2")
    assert spread(work.place, [1], Silent())[0][0] == os.getpid()


@pytest.mark.parametrize("number", ["1", "2"])
def test_the_error_is_that_of_the_first_task_that_has_one(work, monkeypatch, number):
    monkeypatch.setenv("MEEKCAST_CORES", number)
    with pytest.raises(InputError) as raised:
        spread(work.halve, [1, 3, 2, 4], Silent())  # that of 3 is there before that of 1
    assert (raised.value.message, raised.value.remedy) == ("1 is odd", "Take another.")


def test_an_error_of_ours_says_where_it_arose(work, two):
    with pytest.raises(ZeroDivisionError) as raised:
        spread(work.divide, [1, 0], Silent())
    assert "in divide" in "".join(raised.value.__notes__)
    with pytest.raises(RuntimeError, match="cannot be sent"):
        spread(work.awkward, [1, 0], Silent())


def test_the_task_of_a_lost_worker_is_done_again(work, two, tmp_path, heard):
    """Twice, by new workers; results stay in order, and what has to be done again is said."""
    marks = [tmp_path / name for name in "abcd"]
    for mark, kills in zip(marks, (0, 2, 0, 1), strict=True):
        mark.write_bytes(b"x" * kills)
    progress = heard()
    assert spread(work.lost_at_first, marks, progress) == ["a", "b", "c", "d"]
    assert progress.steps == ["a worker process was killed by signal 9: its task is done again"] * 3


def test_a_listener_that_counts_is_told_how_many_are_done(work, counting, monkeypatch):
    for number in ("1", "2"):
        monkeypatch.setenv("MEEKCAST_CORES", number)
        progress = counting()
        spread(work.talkative, [1, 2, 3], progress)
        assert progress.steps == [(0, 3), (1, 3), (2, 3), (3, 3)]
        progress = counting()
        spread(work.talkative, [1], progress)
        assert progress.steps == []  # one is not many


def test_time_left_is_that_of_the_latest_tasks():
    """Those from the cache took no time, and say nothing of the others."""
    pace = Pace()
    ends = [0.0] * (LATEST + 1) + [60.0 * k for k in range(1, LATEST + 1)]
    left = [pace.left(done, 100, now) for done, now in enumerate(ends)]
    assert left[LATEST] == 0.0
    assert left[-1] == pytest.approx(60.0 * (100 - 2 * LATEST))


def test_without_a_terminal_a_line_says_how_many_are_done_and_how_long_the_rest_takes(monkeypatch):
    clock = iter((0.0, 300.0, 600.0))
    monkeypatch.setattr("meekcast.report.progress.time.monotonic", lambda: next(clock))
    said = io.StringIO()
    with LiveProgress(Console(file=said, width=80)) as live:
        for done in range(3):
            live.counted(done, 2)
    assert said.getvalue().splitlines()[:2] == ["... 1 of 2 done, about 5 min left", "... 2 of 2 done"]


def test_a_terminal_shows_how_many_are_done():
    said = io.StringIO()
    with LiveProgress(Console(file=said, width=80, force_terminal=True)) as live:
        live.counted(1, 3)
        live.step("sampling")
    assert "1 of 3 done" in said.getvalue()


def test_a_worker_lost_too_often_is_one_message(work, two):
    with pytest.raises(MeekcastError) as raised:
        spread(work.lost, [0, 1, 0], Silent())
    assert raised.value.message == "a worker process was killed by signal 9"
    assert "MEEKCAST_CORES=1" in raised.value.remedy


def test_workers_print_nothing_on_stdout(work, two, capfd):
    assert spread(work.talkative, [1, 2], Silent()) == [1, 2]
    assert capfd.readouterr().out == ""


class Interrupting(Silent):
    """A listener that sends this process Ctrl-C when the first task has begun."""

    def step(self, text):
        signal.raise_signal(signal.SIGINT)


def children():
    """Processes that this one started and that are still there."""
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    )
    return len(found.stdout.split())


@pytest.fixture
def hearing():
    """Ctrl-C is heard, wherever the tests run."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["slow", "called_back"])
def test_ctrl_c_ends_the_workers_by_their_own_clean_up(work, two, hearing, tmp_path, capfd, kind):
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    with pytest.raises(KeyboardInterrupt):
        spread(getattr(work, kind), folders, Interrupting())
    begun = [folder for folder in folders if (folder / "begun").exists()]
    assert begun
    assert all((folder / "cleaned up").exists() for folder in begun)
    assert capfd.readouterr().err == ""


def test_a_worker_that_does_not_listen_is_ended(work, two, hearing, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "PATIENCE", 0.2)
    before = children()
    with pytest.raises(KeyboardInterrupt):
        spread(work.deaf, [tmp_path, tmp_path], Interrupting())
    assert children() == before


def test_workers_end_when_the_process_that_started_them_is_killed(work, run_process, tmp_path):
    """Those that are at work find that nobody listens any more."""
    code = f"""if True:
        import os, signal, sys
        sys.path.insert(0, {os.path.dirname(work.__file__)!r})
        import some_work
        from meekcast.inference.sampler import Silent
        from meekcast.mapper.spreading import spread
        class Killed(Silent):
            def step(self, text):
                os.kill(os.getpid(), signal.SIGKILL)
        spread(some_work.steps, ["a", "b"], Killed())
    """
    assert run_process(code=code, MEEKCAST_CORES="2").code == -signal.SIGKILL  # all ends of stderr are closed by then


@pytest.mark.parametrize("said", ["0", "two", "-1", "", "²"])
def test_a_number_of_cores_that_is_none_is_a_mistake(said, monkeypatch):
    monkeypatch.setenv("MEEKCAST_CORES", said)
    with pytest.raises(InputError) as raised:
        cores()
    assert raised.value.message == f"MEEKCAST_CORES={said!r} is no number of cores"
    assert "unset MEEKCAST_CORES" in raised.value.remedy


def test_all_cores_are_used_by_default(monkeypatch):
    monkeypatch.delenv("MEEKCAST_CORES")
    assert 1 <= cores() <= os.cpu_count()


# Fits

FEW = Settings(chains=4, draws=60, tune=120)


def same_bytes(inputs, settings, fit, monkeypatch):
    """Backtest by one process and by two; whether all is the same, and every fit was told of."""
    texts, counted = [], []
    for number in ("1", "2"):
        monkeypatch.setenv("MEEKCAST_CORES", number)
        told = []
        result = backtest(inputs, settings, fresh=True, fit=fit, done=told.append)
        texts.append(to_json(document(result)))
        counted.append(told)
        assert sorted(told, key=list(result.fits).index) == list(result.fits)
    return texts[0] == texts[1] and counted[0] == list(result.fits)


@pytest.mark.long
def test_a_backtest_has_the_same_bytes_by_one_process_or_two(work, monkeypatch):
    assert same_bytes(gather("unbounded-measure"), FEW, work.prior_fit, monkeypatch)


@pytest.mark.slow
def test_a_sampled_backtest_has_the_same_bytes_by_one_process_or_two(monkeypatch):
    assert same_bytes(gather("unbounded-measure"), FEW, infer, monkeypatch)


@pytest.mark.long
def test_ctrl_c_in_a_backtest_is_one_message_and_leaves_nothing_half_written(tmp_path):
    """While two workers compile and sample."""
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from meekcast.cli import main; main()"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code, "backtest", "unbounded-measure", "--out", tmp_path / "out"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "MEEKCAST_CORES": "2", "MEEKCAST_CACHE": str(tmp_path / "cache"), "COLUMNS": "200"},
    )  # fmt: skip
    heard = []
    try:
        for line in running.stderr:
            heard.append(line)
            if "fit 2 of" in line:
                os.killpg(running.pid, signal.SIGINT)  # as a terminal does: workers hear it too
                break
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130, "".join(heard) + err
    said = [line for line in err.splitlines() if line.strip() and not line.startswith("...")]
    assert said == ["interrupted: 0 fits are kept in the cache, the same command goes on after them"]
    assert out == ""
    left = [file.name for file in tmp_path.rglob("*") if file.is_file()]
    assert all(name.startswith(".meekcast-") for name in left), left  # locks of compilers that had to be killed
