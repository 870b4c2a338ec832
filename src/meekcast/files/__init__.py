"""Files: texts read within limits, JSON, NetCDF and Zarr as every command writes them, results whole or not at all."""

from meekcast.files.arrays import netcdf, write_netcdf, write_zarr
from meekcast.files.texts import (
    LONGEST_TEXT,
    MADE,
    WRITTEN,
    Document,
    Number,
    by_entries,
    from_json,
    from_toml,
    text_in,
    to_json,
)
from meekcast.files.whole import (
    NO_ROOM,
    UNFINISHED,
    check_writable,
    locked,
    replacing,
    replacing_folder,
    staged,
)

__all__ = [
    "LONGEST_TEXT",
    "MADE",
    "NO_ROOM",
    "UNFINISHED",
    "WRITTEN",
    "Document",
    "Number",
    "by_entries",
    "check_writable",
    "from_json",
    "from_toml",
    "locked",
    "netcdf",
    "replacing",
    "replacing_folder",
    "staged",
    "text_in",
    "to_json",
    "write_netcdf",
    "write_zarr",
]
