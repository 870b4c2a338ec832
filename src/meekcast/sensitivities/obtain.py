"""What drives the answers of a card or of a run: found or made, every wish checked first, then one document."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from meekcast.clock import When
from meekcast.errors import InputError
from meekcast.files import Document
from meekcast.forecasts.questions.when import read_by
from meekcast.sensitivities import analysis, outputs
from meekcast.sensitivities.decision import Decision
from meekcast.sensitivities.groups import grouping
from meekcast.sensitivities.prior import alternatives, check_base_points
from meekcast.sensitivities.runs import Run, inputs_of, run_of
from meekcast.sensitivities.verdicts import judged

if TYPE_CHECKING:
    from meekcast.inference.sampler import Progress
    from meekcast.inputs import Inputs
    from meekcast.runs.documents import Summary
    from meekcast.runs.write import Draw
    from meekcast.sensitivities.analysis import Question


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is asked beside the shares.

    Parameters
    ----------
    events : sequence of str
        As after ``--event``; every event of the card by default.
    at : sequence of str, float or datetime.date
        Dates by which they may have happened.
    by : str, default "groups"
        See `meekcast.sensitivities.groups.grouping`.
    seed : int, default 0
        Of the resampling.
    base_points : int, optional
        Base points of Sobol indices under the prior; None: they are not wanted.
    power_scaling : bool, default False
        Whether ArviZ's diagnostics of power-scaling are wanted.
    priors : sequence of str
        Prior sets under which the answers are compared.
    exact : bool, default False
        Whether these are sampled anew even where weights of draws would do.
    decision : Decision, optional
        For which learning may be worth something.
    """

    events: Sequence[str] = ()
    at: Sequence[str | When] = ()
    by: str = "groups"
    seed: int = 0
    base_points: int | None = None
    power_scaling: bool = False
    priors: Sequence[str] = ()
    exact: bool = False
    decision: Decision | None = None

    @property
    def need_the_card(self) -> bool:
        """Whether something is wanted for which the run alone is not enough."""
        return bool(self.base_points or self.priors or self.power_scaling)


@dataclass(frozen=True, eq=False)
class Target:
    """What was named: a folder, and the inputs of its run as far as they are known.

    Parameters
    ----------
    folder : pathlib.Path
        Where the run stands, or is going to stand.
    inputs : Inputs or None
        Card, belief and evidence; None where they are no longer what they were.
    stands : bool
        Whether there is a run already.
    note : str
        Why there are no inputs.
    """

    folder: Path
    inputs: Inputs | None
    stands: bool
    note: str = ""


def find_target(named: str, out: Path) -> Target:
    """Find the run that was named, or the card whose run stands or is to be made in ``out/<card>``.

    Raises
    ------
    InputError
        If there is neither a run nor a card of that name.
    """
    from meekcast.cards.library import names
    from meekcast.inputs import gather
    from meekcast.runs.read import open_run

    folder = Path(named)
    if (folder / "summary.json").is_file() or (folder.is_dir() and named not in names("models")):
        run = run_of(open_run(folder))
        try:
            return Target(folder, inputs_of(run), stands=True)
        except InputError as error:
            return Target(folder, None, stands=True, note=error.message)
    inputs = gather(named)
    folder = out / inputs.card.name
    return Target(folder, inputs, stands=_made_from(folder, inputs))


def _made_from(folder: Path, inputs: Inputs) -> bool:
    """Whether a folder holds a run of just these inputs."""
    from meekcast.runs.read import open_run

    try:
        return bool(open_run(folder).summary["provenance"].get("hashes") == inputs.hashes)
    except InputError:
        return False


def check_wishes(target: Target, wishes: Wishes) -> None:
    """Refuse every wish that cannot be met, before anything is forecast, fitted or regressed.

    Raises
    ------
    InputError
        If a name, a year, a set or a number is wrong, or the card would be needed and has changed.
    OutputError
        If the folder cannot be written.
    """
    from meekcast.files import check_writable

    check_writable(target.folder)
    if target.inputs is not None:
        check_wished(target.inputs, wishes)
    elif wishes.need_the_card:
        raise InputError(target.note, "Make the run again with `meekcast forecast`.")


def check_wished(inputs: Inputs, wishes: Wishes) -> None:
    """Refuse every wish that does not fit a card.

    Raises
    ------
    InputError
        If a name, a year, a set or a number is wrong.
    """
    if wishes.base_points is not None:
        check_base_points(wishes.base_points)
    for name in wishes.priors:
        _under(inputs, name)
    blank = blank_run(inputs)
    at = read_by(wishes.at, blank.draws, "--at")
    for text in (*wishes.events, *([wishes.decision.outcome] if wishes.decision else [])):
        outputs.find_outputs(blank, text, at)
    grouping(blank.inputs, wishes.by)


def _under(inputs: Inputs, priors: str) -> Inputs:
    """The card under another prior set, as it is fitted."""
    from meekcast.cards.library import load_priors
    from meekcast.errors import naming
    from meekcast.inputs import gather

    with naming(f"--alternatives {load_priors(priors).name}"):
        return gather(inputs.card.name, priors, inputs.overrides, [table.name for table in inputs.tables])


def blank_run(inputs: Inputs) -> Run:
    """A run of two draws that say nothing: names and years are checked on it before there is a forecast."""
    import numpy as np

    from meekcast.model.realised import departures
    from meekcast.whatif.world import blank

    source = blank(inputs)
    drawn = {name: np.arange(2.0) if name in inputs.belief.free else np.zeros(2) for name in inputs.belief.names}
    if inputs.data:
        drawn |= {name: np.arange(2.0)[:, None] for name in departures(inputs.card)}
    events = [{"name": event.name, "expression": event.ask} for event in inputs.card.events]
    draws = replace(source, read=lambda name: np.zeros((2, len(source.times))), read_posterior=lambda: drawn)
    told = {"card": inputs.card.name, "events": events, "horizon": source.horizon, "evidence": []}
    return Run(cast("Summary", told), draws)


def obtain_question(target: Target, wishes: Wishes, progress: Progress, draw: Draw) -> Question:
    """Read the run, or make it, and put the question to it.

    Raises
    ------
    InputError
        If nothing is open about an event that was asked for, or draws are too few.
    """
    from meekcast.inference.sampler import Settings
    from meekcast.runs.obtain import Order, obtain_run
    from meekcast.runs.read import open_run

    if not target.stands and target.inputs:
        order = Order(inputs=target.inputs, folder=target.folder, settings=Settings(), today=dt.date.today())
        obtain_run(order, progress, draw)
    progress.step("reading the run")
    return analysis.question(run_of(open_run(target.folder)), wishes.events, wishes.at, wishes.by, wishes.seed)


def sensitivity_document(asked: Question, inputs: Inputs | None, wishes: Wishes, progress: Progress) -> Document:
    """Everything that was asked, as one document.

    Parameters
    ----------
    asked : Question
        From `obtain_question`.
    inputs : Inputs or None
        Card, belief and evidence of the run; without them there is no tornado, no check, no power-scaling.
    wishes : Wishes
        What else is wanted.
    progress : Progress
        Is told of each step.

    Returns
    -------
    dict
        As `meekcast.sensitivities.analysis.shares_document`, and what was wished.
    """
    progress.step("sharing out the variance")
    document = analysis.shares_document(asked)
    if wishes.decision is not None:
        progress.step("valuing information")
        document["decision"] = analysis.decision_document(asked, wishes.decision)
    if inputs is None:
        return document
    progress.step("tornado, and a second forecast as a check")
    document = judged({**document, **analysis.path_document(asked, inputs)})
    progress.step("what the answers lean on")
    document["power_scaling"] = analysis.power_scaling_document(asked, inputs, wishes.power_scaling)
    if wishes.base_points is not None:
        progress.step("Sobol indices under the prior")
        document["prior"] = analysis.prior_document(asked, inputs, wishes.base_points)
    if wishes.priors:
        document["alternatives"] = _alternatives(asked, inputs, wishes, progress)
    return document


def _alternatives(asked: Question, inputs: Inputs, wishes: Wishes, progress: Progress) -> list[Document]:
    from meekcast.inference.sampler import Settings
    from meekcast.whatif.world import worlds

    before = asked.run.summary
    settings = Settings(**{**before["provenance"]["settings"], "exact": wishes.exact})
    others = {name: _under(inputs, name) for name in wishes.priors}
    return alternatives(asked.run, asked.outputs, worlds(others, settings, until=before["horizon"], progress=progress))
