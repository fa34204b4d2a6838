"""What an invocation of Snakemake is set to beside its targets: ``--config scale=reduced strict=true``. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from latentdim.system.problems import InputError, nearest

WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The keys of Snakemake's ``--config``.

    Attributes:
        scale: at which studies are that don't name one; each that has scales has to have this one.
    """

    scale: str = ""

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Settings:
        """Read Snakemake's config.

        Raises:
            InputError: naming keys and values that mean nothing.
        """
        known = {field.name: field for field in fields(cls)}
        problems = [f"{name}: unknown key{nearest(name, known)}" for name in config if name not in known]
        if problems:
            raise InputError("--config", problems)
        return cls(**{name: str(value) for name, value in config.items()})
