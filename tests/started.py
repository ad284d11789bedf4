"""Where processes that tests start find `bulk`, and do not find what its users have not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[1]
PYTHONPATH: Final = os.pathsep.join([str(_ROOT / "tests" / "as_users"), str(_ROOT)])
