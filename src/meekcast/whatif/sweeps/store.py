"""The dataset of a grid as one file of NetCDF, or one Zarr store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from meekcast.errors import InputError, optional
from meekcast.files import check_writable, replacing, replacing_folder, write_zarr

if TYPE_CHECKING:
    import xarray as xr

FORMATS = (".nc", ".zarr")


def check_store(target: Path) -> None:
    """Refuse a place that cannot hold the store, before anything is sampled.

    Raises
    ------
    InputError
        If its name ends in neither format, or Zarr is not installed.
    OutputError
        If its folder cannot be written.
    """
    if target.suffix not in FORMATS:
        raise InputError(f"--out {target}: {target.suffix!r} is no format of a store", "End it in .nc, or in .zarr.")
    if target.suffix == ".zarr":
        optional("zarr", "exports")
    check_writable(target.parent)


def write_store(dataset: xr.Dataset, target: Path) -> None:
    """Write a dataset whole, in the place of an earlier one; the ending of the name is the format.

    Raises
    ------
    OutputError
        If it cannot be written; an earlier one stays.
    """
    if target.suffix == ".zarr":
        with replacing_folder(target) as folder:
            write_zarr(dataset, folder)
    else:
        with replacing(target) as file:  # made in memory: HDF5 crashes where the disk is full
            file.write_bytes(dataset.to_netcdf(engine="h5netcdf"))
