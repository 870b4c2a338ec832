"""Everything that goes into a forecast, gathered and checked before anything is computed."""

from meekcast.inputs.gathering import as_asked, gather, renewed
from meekcast.inputs.inputs import Inputs, Override

__all__ = ["Inputs", "Override", "as_asked", "gather", "renewed"]
