"""Work shared among the workers of a Dask cluster: results, errors and Ctrl-C as in one process."""

import gc
import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import dask
import pytest
from distributed import Client, LocalCluster

from meekcast.backtests.run import backtest
from meekcast.backtests.summary import document
from meekcast.errors import InputError, MeekcastError
from meekcast.files import check_writable, to_json
from meekcast.inference.sampler import Settings, Silent
from meekcast.inputs import gather
from meekcast.mapper import cluster, remote, scheduler
from meekcast.mapper.spreading import spread

pytestmark = pytest.mark.long  # a cluster has to start

LOCAL = {"processes": True, "dashboard_address": ":0", "scheduler_port": 0}


@pytest.fixture(scope="module")
def two_workers(work):
    """Two workers of one thread, whose lost tasks are done again once; 30 s is long to wait for a dead one."""
    once = {"distributed.scheduler.allowed-failures": 1, "distributed.comm.timeouts.connect": "2s"}
    with (
        dask.config.set(once),
        LocalCluster(n_workers=2, threads_per_worker=1, **LOCAL) as found,
    ):
        yield found


@pytest.fixture
def on_cluster(two_workers, monkeypatch):
    monkeypatch.setenv("MEEKCAST_SCHEDULER", two_workers.scheduler_address)
    return two_workers


def processes(found):
    with Client(found.scheduler_address, set_as_default=False) as client:
        return client.run(os.getpid)


def test_results_are_in_the_order_of_the_tasks(work, on_cluster, counting):
    progress, done = counting(), []
    assert spread(work.square, list(range(20)), progress, done.append) == [n**2 for n in range(20)]
    assert sorted(done) == [n**2 for n in range(20)]
    assert [said for said in progress.steps if isinstance(said, tuple)] == [(n, 20) for n in range(21)]
    assert {said for said in progress.steps if isinstance(said, str)} <= {f"squaring {n}" for n in range(20)}
    assert progress.draws
    assert all(total in (100, 200, 300, 400) for _, total, _ in progress.draws)


def test_a_worker_stands_where_the_process_that_asks_stands(work, on_cluster, tmp_path, monkeypatch):
    """Folder and cache are its own, and it spreads nothing further; afterwards it is as it was."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEEKCAST_CACHE", "kept")
    before = processes(on_cluster)
    (folder, told), *_ = spread(work.standing, [1, 2], Silent())
    assert folder == str(tmp_path)
    flags = told.pop("PYTENSOR_FLAGS")
    assert told == {
        "MEEKCAST_CORES": "1", "MEEKCAST_CACHE": str(tmp_path / "kept"), "MEEKCAST_SCHEDULER": None,
    }  # fmt: skip
    assert "base_compiledir=" in flags
    with Client(on_cluster.scheduler_address, set_as_default=False) as client:
        assert str(tmp_path) not in client.run(os.getcwd).values()
    assert processes(on_cluster) == before


def test_a_scheduler_that_is_slow_to_say_farewell_costs_no_result(work, on_cluster, monkeypatch):
    honest = Client.close

    def slow(self, timeout=None):
        honest(self)
        if timeout:  # the collector closes others
            raise TimeoutError(f"timed out after {timeout} s.")

    with monkeypatch.context() as patch:
        patch.setattr(Client, "close", slow)
        assert spread(work.square, [1, 2], Silent()) == [1, 4]


def test_one_task_is_done_here(work, on_cluster):
    assert spread(work.place, [1], Silent())[0][0] == os.getpid()


def test_the_error_is_that_of_the_first_task_that_has_one(work, on_cluster):
    with pytest.raises(InputError) as raised:
        spread(work.halve, [1, 3, 2, 4], Silent())  # that of 3 is there before that of 1
    assert (raised.value.message, raised.value.remedy) == ("1 is odd", "Take another.")
    with pytest.raises(ZeroDivisionError) as raised:
        spread(work.divide, [1, 0], Silent())
    assert "in divide" in "".join(raised.value.__notes__)


def test_the_task_of_a_lost_worker_is_done_again(work, on_cluster, tmp_path):
    marks = [tmp_path / name for name in "abcd"]
    for mark, kills in zip(marks, (0, 0, 1, 0), strict=True):
        mark.write_bytes(b"x" * kills)
    before = processes(on_cluster)
    assert spread(work.lost_at_first, marks, Silent()) == ["a", "b", "c", "d"]
    on_cluster.wait_for_workers(2, timeout=30)
    assert processes(on_cluster) != before


def test_a_fault_beside_the_work_is_told_as_the_fault_that_it_is(work, on_cluster):
    with pytest.raises(ValueError, match="invalid literal for int"):
        spread(work.torn, [1, 2], Silent())


@pytest.mark.slow
def test_a_task_that_kills_its_workers_is_one_message(work, on_cluster):
    with pytest.raises(MeekcastError, match="the same task was lost with each worker that tried it"):
        spread(work.lost, [0, 1], Silent())
    on_cluster.wait_for_workers(2, timeout=30)


class Interrupting(Silent):
    """A listener that sends this process Ctrl-C when the first task has begun."""

    def step(self, text):
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_stops_what_is_running(work, on_cluster, tmp_path, monkeypatch):
    """By its own clean-up; the workers stay, and do what comes next."""
    folders = [tmp_path / name for name in "abcdef"]
    for folder in folders:
        folder.mkdir()
    before, was = processes(on_cluster), signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            spread(work.patient, folders, Interrupting())
    finally:
        signal.signal(signal.SIGINT, was)
    assert spread(work.square, [1, 2], Silent()) == [1, 4]  # waits for both workers
    begun = [folder for folder in folders if (folder / "begun").exists()]
    assert 1 <= len(begun) <= 2
    assert all((folder / "cleaned up").exists() for folder in begun)
    assert processes(on_cluster) == before


def same_bytes(work, on_cluster, monkeypatch, fit, disturb):
    """Backtest in order and on the cluster, with something that happens after the third fit."""
    texts = []
    inputs, settings = gather("unbounded-measure"), Settings(chains=4, draws=60, tune=120)
    for address in ("", on_cluster.scheduler_address):
        monkeypatch.setenv("MEEKCAST_SCHEDULER", address)
        told = []

        def done(health, told=told, address=address):
            told.append(health)
            if address and len(told) == 3:
                disturb()

        texts.append(to_json(document(backtest(inputs, settings, fresh=True, fit=fit, done=done))))
    return texts[0] == texts[1]


def killed(on_cluster):
    """Kill one of the workers."""
    before = processes(on_cluster)
    os.kill(min(before.values()), signal.SIGKILL)
    return before


def test_results_have_the_same_bytes_though_a_worker_is_killed(work, on_cluster):
    done, lost = [], []

    def disturb(result):
        done.append(result)
        if len(done) == 5:
            lost.append(killed(on_cluster))

    found = spread(work.drawn, list(range(20)), Silent(), disturb)
    assert [draws.tobytes() for draws in found] == [work.drawn(seed, Silent()).tobytes() for seed in range(20)]
    on_cluster.wait_for_workers(2, timeout=30)
    assert processes(on_cluster) != lost[0]


@pytest.mark.slow
def test_a_backtest_has_the_same_bytes_though_a_worker_is_killed(work, on_cluster, monkeypatch):
    assert same_bytes(work, on_cluster, monkeypatch, work.prior_fit, lambda: killed(on_cluster))


@pytest.mark.slow
def test_a_sampled_backtest_has_the_same_bytes_though_a_worker_is_killed(work, on_cluster, monkeypatch):
    from meekcast.inference.posterior import infer

    assert same_bytes(work, on_cluster, monkeypatch, infer, lambda: killed(on_cluster))


@pytest.mark.slow
def test_a_scheduler_that_dies_is_one_message(work, monkeypatch, tmp_path):
    told, common = tmp_path / "scheduler.json", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    common |= {"env": {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}}
    options = ["--scheduler-file", str(told), "--no-dashboard"]
    command = [sys.executable, "-m", "dask"]
    with subprocess.Popen([*command, "scheduler", "--port", "0", *options], **common) as leader:
        while not told.is_file():
            time.sleep(0.1)
        local = ["--nthreads", "1", "--local-directory", str(tmp_path)]
        with subprocess.Popen([*command, "worker", *local, *options], **common) as worker:

            class Killing(Silent):
                def step(self, text):
                    leader.kill()

            monkeypatch.setenv("MEEKCAST_SCHEDULER", json.loads(told.read_text())["address"])
            with pytest.raises(MeekcastError, match=r"the Dask scheduler at tcp://.* is gone"):
                spread(work.patient, [tmp_path, tmp_path], Killing())
            worker.kill()


# What is refused


def clients():
    """Clients of this process, those that only the garbage collector knows too."""
    return [found for found in gc.get_objects() if issubclass(type(found), Client)]  # isinstance asks dead proxies


def refused(address):
    before = os.environ.get("MEEKCAST_SCHEDULER")
    with pytest.raises(InputError) as raised, scheduler.using(address):
        pass
    assert os.environ.get("MEEKCAST_SCHEDULER") == before
    return raised.value


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    error = refused("tcp://127.0.0.1:8786")
    assert error.message == "this needs distributed, which is not installed"
    assert "meekcast[scale]" in error.remedy


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nowhere", "ftp://127.0.0.1:8786", "tcp://x y:1"])
def test_a_scheduler_that_does_not_answer_is_one_message(address, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.3)
    error = refused(address)
    assert error.message.startswith(f"no Dask scheduler answers at {address!r}: ")
    assert "dask scheduler" in error.remedy
    assert [client for client in clients() if client.status != "closed"] == []  # else a collector's lock waits for ever


def test_a_cluster_without_workers_or_with_workers_of_several_threads_is_refused(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with LocalCluster(n_workers=0, threads_per_worker=3, **LOCAL) as found:
        address = found.scheduler_address
        error = refused(address)
        assert error.message == f"the Dask scheduler at {address} has no workers"
        found.scale(1)
        found.wait_for_workers(1, timeout=30)
        error = refused(address)
        assert error.message.endswith("has 3 threads")
        assert f"dask worker {address} --nworkers 4 --nthreads 1" in error.remedy


def test_workers_with_other_versions_are_refused(on_cluster, monkeypatch):
    here = {**remote.place(()).versions, "numpy": "1.0"}
    monkeypatch.setattr(remote, "_versions", lambda: here)
    error = refused(on_cluster.scheduler_address)
    assert error.message.endswith(" instead of 1.0")
    assert "numpy" in error.message
    assert "requirements.lock" in error.remedy


def test_a_worker_that_does_not_see_the_folders_is_refused(tmp_path):
    place = remote.place([tmp_path / "mark"])
    worker = SimpleNamespace(address="tcp://far:1", state=SimpleNamespace(nthreads=1))
    error = remote.fault(place, "tcp://far:0", worker)
    assert error.message == f"worker tcp://far:1 cannot write to {tmp_path}"
    assert "MEEKCAST_CACHE" in error.remedy
    (tmp_path / "mark").touch()
    assert remote.fault(place, "tcp://far:0", worker) is None


def test_what_workers_look_for_stays_as_long_as_they_may_come(on_cluster, tmp_path, monkeypatch):
    """Others who write there remove what killed processes left behind."""
    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path))
    with cluster.connected(on_cluster.scheduler_address) as found:
        (mark,) = found.place.marks
        os.utime(mark, (0, 0))
        check_writable(tmp_path)
        assert os.path.exists(mark)
    assert list(tmp_path.iterdir()) == []


def test_looking_leaves_nothing_behind(on_cluster, tmp_path, monkeypatch):
    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path / "cache"))
    scheduler.check([tmp_path / "out" / "card"])
    assert list(tmp_path.rglob("*")) == []
