"""Draw from the posterior of a PyMC model, with live progress and a clean stop."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from meekcast.errors import InputError

if TYPE_CHECKING:
    import nutpie
    import xarray as xr

    from meekcast.inputs import Inputs

POLL_SECONDS, MOST_POLLS = 0.05, 60

COMPILER = {"numba__fastmath": False}
"""Settings of PyTensor. With fast math, code just compiled and the same code from its cache give different bits."""

MOST_SAMPLED, MOST_EXACT = 10_000, 25_000_000
"""Draws of each chain: all paths of four chains of so many take some 2 GB; of exact draws more leave their bands."""

Sampler = Literal["nutpie", "pymc"]
"""Who samples."""


@dataclass(frozen=True)
class Settings:
    """How to sample.

    Parameters
    ----------
    sampler : {"nutpie", "pymc"}
        nutpie with low-rank adaptation, or PyMC's own NUTS.
    chains, tune, draws : int
        Chains, warm-up draws and kept draws of each; where nothing is sampled, bands are of all draws, also of those
        beyond `MOST_SAMPLED` that are not kept.
    target_accept : float
        Aimed acceptance; higher takes smaller steps.
    seed : int
        Seed of everything random in a forecast; 0 is a seed.
    """

    sampler: Sampler = "nutpie"
    chains: int = 4
    tune: int = 1000
    draws: int = 1000
    target_accept: float = 0.95
    seed: int = 0


class Progress(Protocol):
    """Listener to the steps of a forecast."""

    def step(self, text: str) -> None:
        """A step begins."""

    def sampling(self, done: int, total: int, divergences: int) -> None:
        """Draws done of all chains, warm-up included, and divergent transitions after it."""


class Silent:
    """A listener that says nothing."""

    def step(self, text: str) -> None:
        """Ignore the step."""

    def sampling(self, done: int, total: int, divergences: int) -> None:
        """Ignore the draws."""


_compiled: dict[object, Any] = {}
"""Graphs compiled in this process, by structure: a backtest is one compilation and many fits."""


def sample(inputs: Inputs, settings: Settings, progress: Progress) -> xr.DataTree:
    """Sample the free variables of a card's model.

    Parameters
    ----------
    inputs : Inputs
        Card, belief and evidence.
    settings : Settings
        How to sample.
    progress : Progress
        Is told of the compilation and of the draws.

    Returns
    -------
    xarray.DataTree
        Groups ``posterior`` and ``sample_stats``.
    """
    _room_to_compile()
    import pytensor

    run = _sample_pymc if settings.sampler == "pymc" else _sample_nutpie
    with pytensor.config.change_flags(**COMPILER):
        return run(inputs, settings, progress)


def _room_to_compile() -> None:
    """Let PyTensor keep compiled code for as long as this process lives where the user's home cannot be written."""
    flags = os.environ.get("PYTENSOR_FLAGS", "")
    if "pytensor" in sys.modules or "compiledir" in flags:
        return
    kept = Path("~/.pytensor").expanduser()
    try:
        kept.mkdir(parents=True, exist_ok=True)
        if os.access(kept, os.W_OK):
            return
    except OSError:
        pass
    folder = tempfile.mkdtemp(prefix="meekcast-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["PYTENSOR_FLAGS"] = f"{flags},base_compiledir={folder}".lstrip(",")


def _compile(inputs: Inputs, progress: Progress) -> Any:
    """Compile the model, or swap the numbers of one that was compiled."""
    import nutpie

    from meekcast.inference.graph import NUMBERS, build, numbers, pack, structure

    key = structure(inputs)
    if key not in _compiled:
        progress.step("compiling the model (about 10 s, longer the first time)")
        model = build(inputs)
        _compiled[key] = nutpie.compile_pymc_model(model, var_names=[v.name for v in model.free_RVs])
    return _compiled[key].with_data(**{NUMBERS: pack(numbers(inputs))})


def _sample_nutpie(inputs: Inputs, settings: Settings, progress: Progress) -> xr.DataTree:
    import nutpie

    compiled = _compile(inputs, progress)
    progress.step("sampling")
    running = nutpie.sample(
        compiled,
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        seed=settings.seed,
        adaptation="low_rank",
        target_accept=settings.target_accept,
        save_warmup=False,
        progress_bar=False,
        progress_callback=lambda chains: _tell(progress, chains),
        progress_rate=100,
        blocking=False,
    )
    try:
        while not _finished(running):
            time.sleep(POLL_SECONDS)
        return cast("xr.DataTree", running.wait())
    except RuntimeError as error:
        _let_workers_end()
        raise _no_start(str(error).partition("\n")[0]) from None
    except BaseException:  # Ctrl-C above all: threads that go on would end the process badly
        running.cancel()
        raise


def _let_workers_end() -> None:
    """Wait for threads of other chains: they go on for a moment after one has failed, and an exit under them crashes.

    nutpie cannot be asked about them; where the system does not tell of threads, the moment is a long one.
    """
    threads = Path("/proc/self/task")
    for _ in range(MOST_POLLS):
        time.sleep(POLL_SECONDS)
        if threads.is_dir() and not any(_is_worker(thread / "comm") for thread in threads.iterdir()):
            return


def _is_worker(name: Path) -> bool:
    try:
        return name.read_text(encoding="utf-8").startswith("nutpie")
    except OSError:  # it has just ended
        return False


def _no_start(reason: str) -> InputError:
    return InputError(
        f"the sampler cannot start: {reason}",
        "Nothing near the middle of the priors explains the evidence: look for a prior (--set, --prior) or a score "
        "that is far off.",
    )


def _finished(running: nutpie.sample._BackgroundSampler) -> bool:
    try:
        return bool(running.is_finished)
    except TimeoutError:  # the sampler was too busy to answer
        return False


def _tell(progress: Progress, chains: list[Any]) -> None:
    progress.sampling(
        sum(c.finished_draws for c in chains), sum(c.total_draws for c in chains), sum(c.divergences for c in chains)
    )


def _sample_pymc(inputs: Inputs, settings: Settings, progress: Progress) -> xr.DataTree:
    import pymc as pm
    from pymc.exceptions import SamplingError

    from meekcast.inference.graph import build

    progress.step("compiling and sampling with PyMC's own NUTS (a minute or so)")
    with warnings.catch_warnings():  # diagnostics are judged in one place, after sampling
        warnings.simplefilter("ignore", UserWarning)
        try:
            sampled = pm.sample(
                model=build(inputs),
                draws=settings.draws,
                tune=settings.tune,
                chains=settings.chains,
                random_seed=settings.seed,
                nuts_sampler="pymc",
                progressbar=False,
                compute_convergence_checks=False,
                target_accept=settings.target_accept,
            )
        except SamplingError as error:
            raise _no_start(str(error).partition("\n")[0]) from None
    return cast("xr.DataTree", sampled)
