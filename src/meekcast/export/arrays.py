"""The labelled arrays of a run as NetCDF or Zarr, read by `xarray.open_datatree` without meekcast.

Both hold the groups ``posterior``, ``sample_stats``, ``predictions``, ``bands``, ``events`` and ``evidence``; every
variable has ``units`` and ``long_name``. A date that is not reached by the horizon is ``inf``, which both hold.
Without a choice of quantities the NetCDF file is the run's own, byte for byte.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from meekcast.errors import optional
from meekcast.files import write_netcdf
from meekcast.runs.verify import FORECAST

if TYPE_CHECKING:
    import xarray as xr

    from meekcast.export.formats import Wanted
    from meekcast.runs.read import StoredRun


def write(run: StoredRun, wanted: Wanted, target: Path) -> None:
    """Write a NetCDF file, or a Zarr store where the target is a folder."""
    if target.is_dir():
        optional("zarr", "exports")
        chosen(run, wanted).to_zarr(target, mode="w", consolidated=True, zarr_format=2)
    elif wanted.quantities:
        write_netcdf(chosen(run, wanted), target)
    else:
        with run.opened(FORECAST) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)


def chosen(run: StoredRun, wanted: Wanted) -> xr.DataTree:
    """The run's tree, predictions and bands of the wanted quantities alone."""
    import xarray as xr

    names = list(wanted.quantities_of(run))
    groups = {f"/{name}": node.to_dataset() for name, node in run.tree.children.items()}
    groups |= {f"/{name}": groups[f"/{name}"][names] for name in ("predictions", "bands")}
    groups = {name: dataset.drop_encoding() for name, dataset in groups.items()}
    tree = xr.DataTree.from_dict(groups)
    tree.attrs = dict(run.tree.attrs)
    return tree
