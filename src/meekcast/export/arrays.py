"""The labelled arrays of a run as NetCDF or Zarr, read by `xarray.open_datatree` without meekcast.

Both hold the groups ``posterior``, ``sample_stats``, ``predictions``, ``bands``, ``events`` and ``evidence``; every
variable has ``units`` and ``long_name``. A date that is not reached by the horizon is ``inf``, which both hold.
Where the run's own file leaves out what follows from the rest, here is every quantity, or those that were chosen.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from meekcast.files import write_netcdf, write_zarr

if TYPE_CHECKING:
    import xarray as xr

    from meekcast.export.formats import Wanted
    from meekcast.runs.read import StoredRun


def write(run: StoredRun, wanted: Wanted, target: Path) -> None:
    """Write a NetCDF file, or a Zarr store where the target is a folder."""
    if target.is_dir():
        write_zarr(chosen(run, wanted), target)
    else:
        write_netcdf(chosen(run, wanted), target)


def chosen(run: StoredRun, wanted: Wanted) -> xr.DataTree:
    """The run's tree, with predictions and bands of the wanted quantities."""
    import xarray as xr

    names = list(wanted.quantities_of(run))
    groups = {f"/{name}": node.to_dataset() for name, node in run.tree.children.items()}
    groups |= {"/predictions": run.draws.table(names), "/bands": groups["/bands"][names]}
    groups = {name: dataset.drop_encoding() for name, dataset in groups.items()}
    tree = xr.DataTree.from_dict(groups)
    tree.attrs = dict(run.tree.attrs)
    return tree
