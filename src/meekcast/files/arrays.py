"""Labelled arrays as files: NetCDF and Zarr, as every command writes them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from meekcast.errors import optional
from meekcast.interrupts import uninterrupted

if TYPE_CHECKING:
    import h5py
    import xarray as xr


def write_netcdf(tree: xr.DataTree, file: Path) -> None:
    """Write a tree as NetCDF. HDF5 never sees the disk: where that is full, it would crash the process later."""
    file.write_bytes(netcdf(tree))


def write_zarr(data: xr.Dataset | xr.DataTree, folder: Path) -> None:
    """Write arrays as a Zarr store of format 2.

    Ctrl-C waits until it is whole: Zarr writes in threads of its own, which would go on.
    """
    optional("zarr", "exports")
    with uninterrupted():
        data.to_zarr(folder, mode="w", consolidated=True, zarr_format=2)


def netcdf(tree: xr.DataTree) -> bytes:
    """Content of a NetCDF-4 file of a tree of one level, as xarray reads it: its own writer takes ten times as long."""
    import h5py

    content = io.BytesIO()
    with h5py.File(content, "w", track_order=True) as file:
        file.attrs.update(sorted(tree.attrs.items()))
        for name, node in tree.children.items():
            _write_group(file.create_group(name, track_order=True), node.to_dataset())
    return content.getvalue()


def _write_group(group: h5py.Group, dataset: xr.Dataset) -> None:
    """Write variables, and dimensions as scales to which those that have them are attached.

    Attributes are sorted, as they are read: a posterior from the cache gives the bytes of one that was just sampled.
    """
    from h5py import string_dtype
    from xarray.conventions import encode_dataset_coordinates

    variables, attributes = encode_dataset_coordinates(dataset)
    group.attrs.update(sorted(attributes.items()))
    stored = {}
    for name, variable in variables.items():
        values, attrs = variable.to_numpy(), dict(sorted(variable.attrs.items()))  # as what is read back has them
        if values.dtype == bool:  # NetCDF has none; xarray's sign for it
            values, attrs = values.astype("i1"), {**attrs, "dtype": "bool"}
        text = values.dtype.kind in "OU"
        kind = string_dtype() if text else values.dtype
        stored[name] = group.create_dataset(str(name), values.shape, kind, values.astype("O") if text else values)
        stored[name].attrs.update(sorted(attrs.items()))
    for dimension, size in dataset.sizes.items():
        nothing_more = f"This is a netCDF dimension but not a netCDF variable. {size:10d}"
        if dimension not in stored:
            stored[dimension] = group.create_dataset(str(dimension), (size,), ">f4")
        stored[dimension].make_scale(str(dimension) if dimension in variables else nothing_more)
    for name, variable in variables.items():
        if variable.dims != (name,):
            for axis, dimension in zip(stored[name].dims, variable.dims, strict=True):
                axis.attach_scale(stored[dimension])
