"""``latentdim completion``: a script for bash or zsh. It holds all names, so that completing starts no Python."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

SCRIPT = r"""# latentdim: completion of commands, options and studies
_latentdim() {
    local word=${COMP_WORDS[COMP_CWORD]} options=""
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "@COMMANDS@" -- "$word"))
        return
    fi
    case ${COMP_WORDS[1]} in
@OPTIONS@
    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$word"))
    else
        local studies=$(cd workflow/studies 2>/dev/null && ls -d */study.yaml 2>/dev/null | sed 's|/study.yaml||')
        COMPREPLY=($(compgen -W "$studies" -- "$word") $(compgen -f -- "$word"))
    fi
}
complete -o filenames -F _latentdim latentdim
"""
ZSH = "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n"


def completion(given: argparse.Namespace) -> int:
    """Print the script of a shell."""
    print(script(given.shell, given.parsers), end="")
    return 0


def script(shell: str, parsers: Mapping[str, argparse.ArgumentParser]) -> str:
    """The script of ``bash`` or ``zsh``, which reads bash's.

    Args:
        parsers: of the commands, by name.
    """
    lines = []
    for name, parser in parsers.items():
        options = [option for action in parser._actions for option in action.option_strings if option.startswith("--")]
        lines.append(f'        {name}) options="{" ".join(options)}" ;;')
    text = SCRIPT.replace("@COMMANDS@", " ".join(parsers)).replace("@OPTIONS@", "\n".join(lines))
    return ZSH + text if shell == "zsh" else text
