"""From a declaration's dotted path to the function."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from latentdim.system.problems import CodeBroken, nearest
from latentdim.system.tracebacks import described


def resolve(path: str) -> Callable[..., Any]:
    """Import ``package.module:function`` and return the function.

    Raises:
        CodeBroken: if there is no such function, or its module can't be imported; in a sentence, with file and line.
    """
    module_name, _, attribute = path.partition(":")
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # whatever somebody's module does while it is imported
        absent = isinstance(error, ModuleNotFoundError) and f"{module_name}.".startswith(f"{error.name}.")
        why = (
            f"there is no module '{module_name}'" if absent else f"{module_name} can't be imported, {described(error)}"
        )
        raise CodeBroken(f"'{path}': {why}") from error
    function = getattr(module, attribute, None)
    if not callable(function):
        own = [name for name, one in vars(module).items() if getattr(one, "__module__", "") == module_name]
        raise CodeBroken(f"'{path}': {module_name} has no function '{attribute}'{nearest(attribute, own)}")
    return function
