"""nutpie on a compiled graph: live progress, a clean stop, plain arrays."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, override

import numpy as np

from meekcast.equations.types import Array
from meekcast.errors import InputError
from meekcast.inference.cores import cores
from meekcast.inference.machine_code import Compiled, user_data

if TYPE_CHECKING:
    import nutpie

    from meekcast.inference.sampler import Progress, Settings

POLL_SECONDS, MOST_POLLS = 0.02, 150

MOST_LOW_RANK = 180
"""Variables up to which the mass matrix follows correlations; with four followers it takes longer than it spares."""

STATISTICS = ("diverging", "energy", "n_steps", "step_size", "depth")
"""What is kept of nutpie's statistics."""


class Chains(NamedTuple):
    """Kept draws of all chains, and what the sampler says of each.

    Parameters
    ----------
    variables : mapping of str to ndarray, shape (chains, draws, ...)
        Free variables of the graph.
    statistics : mapping of str to ndarray, shape (chains, draws)
        As nutpie names them.
    """

    variables: Mapping[str, Array]
    statistics: Mapping[str, Array]


class _Later(ModuleType):
    """A module that is imported when something of it is used."""

    @override
    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


def light_nutpie() -> Any:
    """Import nutpie without ArviZ, which takes a second and which only its own conversion of draws needs."""
    if "nutpie" not in sys.modules and "arviz" not in sys.modules:
        sys.modules["arviz"] = _Later("arviz")
        try:
            return importlib.import_module("nutpie")
        finally:
            sys.modules.pop("arviz")
    return importlib.import_module("nutpie")


def run(compiled: Compiled, numbers: Array, settings: Settings, progress: Progress) -> Chains:
    """Run the chains.

    Parameters
    ----------
    compiled : Compiled
        The density.
    numbers : ndarray
        Its data vector.
    settings : Settings
        How to sample.
    progress : Progress
        Is told of the draws.

    Returns
    -------
    Chains
        The kept draws.

    Raises
    ------
    InputError
        If no chain can start.
    """
    running = light_nutpie().sample(
        _model(compiled, numbers),
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=min(settings.chains, cores()),  # the same draws by one thread or more
        seed=settings.seed,
        adaptation="low_rank" if compiled.size <= MOST_LOW_RANK else "diag",
        target_accept=settings.target_accept,
        save_warmup=False,
        progress_bar=False,
        progress_callback=lambda chains: _tell(progress, chains),
        progress_rate=100,
        return_raw_trace=True,
        blocking=False,
    )
    try:
        while not _finished(running):
            time.sleep(POLL_SECONDS)
        return _chains(running.wait(), compiled)
    except RuntimeError as error:
        _let_workers_end()
        raise no_start(str(error).partition("\n")[0]) from None
    except BaseException:  # Ctrl-C above all: threads that go on would end the process badly
        running.cancel()
        raise


def _model(compiled: Compiled, numbers: Array) -> Any:
    """Nutpie's model of compiled code; it was compiled here or elsewhere."""
    from nutpie.compile_pymc import CompiledPyMCModel

    def start(seed: int) -> Array:
        return np.random.default_rng(seed).uniform(-1, 1, compiled.size)

    names, shapes = [*compiled.shapes], [*compiled.shapes.values()]
    return CompiledPyMCModel(
        dims={},
        compiled_logp_func=compiled.logp,
        compiled_expand_func=compiled.expand,
        initial_point_func=start,
        shared_data={"numbers": numbers},
        shared_var_keys={},
        user_data=user_data(numbers),
        n_expanded=compiled.size,
        shape_info=(names, None, shapes),
        logp_func=None,
        expand_func=None,
        _n_dim=compiled.size,
        _shapes=dict(compiled.shapes),
        _coords={},
    )


def _chains(results: Any, compiled: Compiled) -> Chains:
    """Plain arrays of nutpie's tables, one a chain; warm-up is left out."""
    variables, statistics = results.get_arrow_trace()
    kept = [np.logical_not(_column(table, "tuning")) for table in statistics]

    def joined(tables: Iterable[Any], name: str, shape: tuple[int, ...] = ()) -> Array:
        return np.stack([_column(table, name, shape)[rows] for table, rows in zip(tables, kept, strict=True)])

    return Chains(
        {name: joined(variables, name, shape) for name, shape in compiled.shapes.items()},
        {name: joined(statistics, name) for name in STATISTICS if name in statistics[0].column_names},
    )


def _column(table: Any, name: str, shape: tuple[int, ...] = ()) -> Array:
    import pyarrow

    column = pyarrow.array(table.column(name))
    values: Array = (column.flatten() if shape else column).to_numpy(zero_copy_only=False)
    return values.reshape(-1, *shape)


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


def _finished(running: nutpie.sample._BackgroundSampler) -> bool:
    try:
        return bool(running.is_finished)
    except TimeoutError:  # the sampler was too busy to answer
        return False


def _tell(progress: Progress, chains: list[Any]) -> None:
    progress.sampling(
        sum(c.finished_draws for c in chains), sum(c.total_draws for c in chains), sum(c.divergences for c in chains)
    )


def no_start(reason: str) -> InputError:
    """The sampler found no point to start from."""
    return InputError(
        f"the sampler cannot start: {reason}",
        "Nothing near the middle of the priors explains the evidence: look for a prior (--set, --prior) or a score "
        "that is far off.",
    )
