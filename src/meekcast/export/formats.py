"""A stored run in the formats of other tools: which there are, what each can be asked, and one way to write them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from meekcast import files
from meekcast.errors import InputError, nearest
from meekcast.vocabulary.expression import file_stem

if TYPE_CHECKING:
    from meekcast.forecasts.questions.answer import Answer
    from meekcast.runs.read import StoredRun


@dataclass(frozen=True)
class Wanted:
    """What of a run is wanted.

    Parameters
    ----------
    event : str, optional
        One event, by name or number, or any other question; all events, or the first, by default.
    quantities : tuple of str
        Names; all by default.
    table : {"bands", "draws", "dates"}, optional
        Which long table; "bands" by default.
    low, high : str, optional
        Range of a question (`meekcast.clock.read_when`); from today to the horizon by default.
    lower, upper : {"open", "closed"}, optional
        Whether its answer may lie beyond; closed below and open above by default.
    """

    event: str | None = None
    quantities: tuple[str, ...] = ()
    table: str | None = None
    low: str | None = None
    high: str | None = None
    lower: str | None = None
    upper: str | None = None

    def events_of(self, run: StoredRun) -> tuple[Answer, ...]:
        """The event that was named or asked, or all."""
        return run.events if self.event is None else (run.event(self.event),)

    def event_of(self, run: StoredRun) -> Answer:
        """The event that was named or asked, or the first."""
        return run.event(self.event or "1")

    def quantities_of(self, run: StoredRun) -> tuple[str, ...]:
        """The quantities that were named, each once, or all."""
        named = tuple(dict.fromkeys(run.quantity(name) for name in self.quantities))
        return named or tuple(run.summary["bands"])


@dataclass(frozen=True)
class Format:
    """A format of an export.

    Parameters
    ----------
    module : str
        Module of this room that has ``write(run, wanted, file)``, which may return a note for the user.
    ending : str
        Of the file's name.
    options : frozenset of str
        Fields of `Wanted` that mean something to it.
    is_folder : bool
        Whether the result is a folder of files.
    has_parquet : bool
        Whether the module also has ``write_parquet``, for a file whose name ends so.
    """

    module: str
    ending: str
    options: frozenset[str]
    is_folder: bool = False
    has_parquet: bool = False


_TABLE = frozenset({"event", "quantities", "table"})
_QUESTION = frozenset({"event", "low", "high", "lower", "upper"})

FORMATS = {
    "netcdf": Format("arrays", "nc", frozenset({"quantities"})),
    "zarr": Format("arrays", "zarr", frozenset({"quantities"}), is_folder=True),
    "csv": Format("csv", "csv", _TABLE),
    "parquet": Format("parquet", "parquet", _TABLE),
    "xlsx": Format("excel", "xlsx", frozenset({"event", "quantities"})),
    "json": Format("json", "json", frozenset({"event", "quantities"})),
    "hubverse": Format("hubverse", "hubverse.csv", frozenset({"event", "quantities"}), has_parquet=True),
    "sipmath": Format("sipmath", "SIPmath", frozenset({"event", "quantities"})),
    "metaculus": Format("metaculus", "metaculus.json", _QUESTION),
    "squiggle": Format("squiggle", "squiggle", frozenset({"event"})),
    "scipy": Format("scipy", "scipy.json", frozenset({"event"})),
}
"""Formats by the name that ``--to`` takes."""

LARGE = 1e8
"""Bytes of a text file above which a user is asked."""

OPTION_NAMES = {
    "event": "--event", "quantities": "--quantity", "table": "--table", "low": "--range", "high": "--range",
    "lower": "--lower", "upper": "--upper",
}  # fmt: skip


class Exported(NamedTuple):
    """What was written, and what a user has to know about it."""

    file: Path
    note: str = ""


def export(
    run: StoredRun,
    to: str,
    out: Path | None = None,
    wanted: Wanted | None = None,
    *,
    force: bool = False,
    large: bool = False,
) -> Exported:
    """Write a run in another format, whole or not at all.

    Parameters
    ----------
    run : StoredRun
        From `meekcast.runs.read.open_run`.
    to : str
        A key of `FORMATS`.
    out : pathlib.Path, optional
        File to write; by default one in the current folder that is named by card, `wanted` and format.
    wanted : Wanted, optional
        What of it; everything by default.
    large : bool, default False
        Whether a file of more than `LARGE` bytes is meant.
    force : bool, default False
        Whether to replace a file that stands there and was not named by `out`.

    Returns
    -------
    Exported
        What was written, with a note.

    Raises
    ------
    InputError
        If the format, an event or a quantity is unknown, an option means nothing to the format, a library
        is not installed, or an earlier export stands there.
    OutputError
        If the file cannot be written; an earlier one stays.
    """
    chosen, wanted = _format(to), wanted or Wanted()
    _check_options(to, chosen, wanted)
    target = out or Path(f"{_stem(run, wanted)}.{chosen.ending}")
    if target.exists() and not out and not force:
        raise InputError(f"{target} stands there already", "Replace it with --force, or name another with --out.")
    writer: Any = importlib.import_module(f"meekcast.export.{chosen.module}")
    if target.is_dir() and not chosen.is_folder:
        raise InputError(f"{target} is a folder, not a file", "Give the name of a file with --out.")
    if chosen.is_folder and target.is_dir() and any(target.iterdir()) and not (target / ".zgroup").is_file():
        raise InputError(f"{target} holds something else", "Give another name with --out.")
    size = writer.size(run, wanted) if hasattr(writer, "size") else 0
    if size > LARGE and not large:
        raise InputError(
            f"that is about {size / 1e9:.1f} GB of {to}",
            "Add --yes to write it all, choose --quantity NAME, or take --to parquet, which is a quarter of it.",
        )
    with (files.replacing_folder if chosen.is_folder else files.replacing)(target) as temporary:
        as_parquet = chosen.has_parquet and target.suffix == ".parquet"
        note = (writer.write_parquet if as_parquet else writer.write)(run, wanted, temporary)
    return Exported(target, note or "")


def _stem(run: StoredRun, wanted: Wanted) -> str:
    """Name of a file that no export of something else has."""
    event = wanted.event and run.event(wanted.event).name
    span = [wanted.low, wanted.high] if wanted.low or wanted.high else []
    bounds = [f"{end}-{bound}" for end, bound in (("lower", wanted.lower), ("upper", wanted.upper)) if bound]
    parts = [wanted.table, event, *wanted.quantities, *span, *bounds]
    return ".".join([str(run.summary["card"]), *(file_stem(part) for part in parts if part)])


def _format(to: str) -> Format:
    if to not in FORMATS:
        raise InputError(f"unknown format {to!r}", nearest(to, FORMATS))
    return FORMATS[to]


def _check_options(to: str, chosen: Format, wanted: Wanted) -> None:
    for field, option in OPTION_NAMES.items():
        if getattr(wanted, field) and field not in chosen.options:
            takes = sorted({OPTION_NAMES[name] for name in chosen.options})
            raise InputError(f"{option} means nothing to {to}", f"{to} takes {', '.join(takes)}.")
