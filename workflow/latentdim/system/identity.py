"""Identity: short hashes of what can change a number, and nothing else."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def digest(value: Any, length: int = 12) -> str:
    """Hexadecimal hash of a JSON-able value, independent of the order of keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:length]
