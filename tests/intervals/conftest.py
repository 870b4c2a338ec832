"""The studies lie beside their tests; `make intervals` runs them by themselves."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
