"""``meekcast elicit`` by several people at once."""

import os
import subprocess
import sys
import tomllib

NAMES = ("g_investment", "g_hardware", "g_algorithms", "g_price", "R", "slowdown")


def test_each_of_several_processes_adds_its_entry(run_cli, tmp_path):
    target = tmp_path / "panel.toml"

    def command(name):
        stated = ["--quantile", "0.05=2", "--quantile", "0.95=4", "--source", "Us", "--picture", tmp_path / name]
        return [sys.executable, "-m", "meekcast", "elicit", name, *map(str, stated), "--out", str(target)]

    running = [subprocess.Popen(command(name), stdout=subprocess.DEVNULL, env=os.environ) for name in NAMES]
    assert [process.wait(timeout=120) for process in running] == [0] * len(NAMES)
    assert set(tomllib.loads(target.read_text())["parameters"]) == set(NAMES)
    assert run_cli("check", target).code == 0
    again = run_cli(*command("R")[3:])
    assert again.code == 2
    assert "has a prior of R already" in again.err
