"""The fuzzer lies beside its tests; `make fuzz` runs it by itself."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
