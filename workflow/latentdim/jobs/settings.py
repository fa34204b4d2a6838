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
        strict: data and weights that aren't here refuse whatever asks for them, ``all`` too.
        leave_out_missing: they refuse nothing; what is here is run, also of studies that are named.
        stand_ins: data that are drawn here take the place of published ones that have such a stand-in.
    """

    scale: str = ""
    strict: bool = False
    leave_out_missing: bool = False
    stand_ins: bool = False

    @property
    def options(self) -> str:
        """What a rule's command has to be told of it."""
        return "--stand-ins" if self.stand_ins else ""

    def absent_too(self, *, named: bool) -> bool:
        """Whether a study is refused some of whose data or weights aren't here.

        Args:
            named: by a target, not through ``all``.
        """
        return self.strict or (named and not self.leave_out_missing)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Settings:
        """Read Snakemake's config.

        Raises:
            InputError: naming keys and values that mean nothing.
        """
        known = {field.name: field for field in fields(cls)}
        problems = [f"{name}: unknown key{nearest(name, known)}" for name in config if name not in known]
        switches = [name for name in config if name in known and name != "scale"]
        problems += [
            f"{name} = {config[name]!r}: should be true or false"
            for name in switches
            if str(config[name]).lower() not in WORDS
        ]
        if problems:
            raise InputError("--config", problems)
        given = {name: WORDS[str(config[name]).lower()] for name in switches}
        settings = cls(scale=str(config.get("scale", "")), **given)
        if settings.strict and settings.leave_out_missing:
            raise InputError("--config", ["strict and leave_out_missing exclude each other; choose one"])
        return settings
