"""What kills commands lies beside the fuzzer; `make attack` runs it by itself."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "fuzz"))
