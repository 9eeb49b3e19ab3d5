"""What the shells are to know of the command line, for completion: written from its grammar."""

from __future__ import annotations

import argparse
import textwrap
from typing import Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from pamsignal.cli import VERBS
from pamsignal.cli.arguments import build_parser
from pamsignal.config.schema import key_names, load_schema

NOTE = "# What pamsignal takes, for completion by {shell}. Generated from its grammar; do not edit."
FILE, DIRECTORY = "FILE", "DIR"  # as the grammar writes them


class Option(NamedTuple):
    """An option, or a word that stands alone (no names); `value` says what comes, `offers` which words it can be."""

    names: Tuple[str, ...]
    about: str
    value: Optional[str]
    offers: Tuple[str, ...]
    repeats: bool

    @property
    def words(self) -> str:
        """Return what is offered, in lines of a usual length: each shell takes a line end for a space."""
        return "\n".join(textwrap.wrap(" ".join(self.offers), 110, break_on_hyphens=False))

    @property
    def is_path(self) -> bool:
        """Whether a name in the file system is wanted."""
        return self.value in {FILE, DIRECTORY}


Grammar = Dict[str, List[Option]]


def grammar() -> Tuple[List[Option], Grammar]:
    """Return the options that every verb shares, and each verb with its own."""
    parser = build_parser(VERBS)
    verbs = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))  # noqa: SLF001 - argparse has no other way to be asked
    own = {verb: [option_of(action) for action in below._actions] for verb, below in verbs.choices.items()}  # noqa: SLF001 - likewise
    shared = [option for option in own["run"] if all(option in options for options in own.values())]
    return shared, {verb: [option for option in options if option not in shared] for verb, options in own.items()}


def option_of(action: argparse.Action) -> Option:
    """Return what argparse knows of an option in our own words."""
    value = None if action.nargs == 0 else str(action.metavar or action.dest)
    offers = tuple(action.choices or ())
    if value and "|" in value:
        offers = tuple(value.split("|"))
    if value == "KEY":
        offers = tuple(sorted(key_names(load_schema())))
    return Option(
        tuple(action.option_strings), action.help or "", value, offers, type(action).__name__ == "_AppendAction"
    )


def bash(shared: List[Option], verbs: Grammar) -> Iterator[str]:
    """Yield a function that looks at the verb and the word before; it needs no helper of bash-completion."""
    yield "_pamsignal() {"
    yield "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb= word offers= paths="
    yield '    for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do'
    yield f"        case $word in {'|'.join(verbs)}) verb=$word && break ;; esac"
    yield "    done"
    yield "    case $verb,$before in"
    for verb, options in {"*": shared, **verbs}.items():
        for option in options:
            if option.names and option.value:
                patterns = "|".join(f"{verb},{name}" for name in option.names)
                yield f"        {patterns}) {bash_offers(option)} ;;"
    yield "        *)"
    yield "            case $verb in"
    for verb, options in {"": [], **verbs}.items():
        words = [
            *(verbs if not verb else ()),
            *(word for option in options if not option.names for word in option.offers),
        ]
        words += [name for option in [*options, *shared] for name in option.names]
        files = " paths=file" if any(option.is_path and not option.names for option in options) else ""
        yield f"                '{verb}') offers='{' '.join([*words, *([] if verb else ['--version'])])}'{files} ;;"
    yield "            esac ;;"
    yield "    esac"
    yield '    mapfile -t COMPREPLY < <(compgen -W "$offers" ${paths:+-A "$paths"} -- "$current")'
    yield "    [[ -z $paths ]] || compopt -o filenames"
    yield "} && complete -F _pamsignal pamsignal"


def bash_offers(option: Option) -> str:
    """Return what the shell is to offer as the option's value."""
    if option.is_path:
        return "paths=file" if option.value == FILE else "paths=directory"
    return f"offers='{option.words}'"


def zsh(shared: List[Option], verbs: Grammar) -> Iterator[str]:
    """Yield a completion function of its own file: _arguments knows all the rest."""
    yield "local curcontext=$curcontext state line"
    yield "typeset -A opt_args"
    yield from zsh_list("shared", [word for option in shared for word in zsh_specs(option)])
    yield from zsh_list("verbs", [f"{verb}:{VERBS[verb][1]}" for verb in verbs])
    yield "_arguments -C $shared '--version[show the version]' '1:verb:->verb' '*::word:->words'"
    yield "case $state in"
    yield "    verb) _describe verb verbs ;;"
    yield "    words)"
    yield "        case $words[1] in"
    for verb, options in verbs.items():
        specs = [f"\\\n                {quoted(word)}" for option in options for word in zsh_specs(option)]
        yield f"            {verb}) _arguments $shared {' '.join(specs)}".rstrip() + " ;;"
    yield "        esac ;;"
    yield "esac"


def zsh_list(name: str, words: List[str]) -> Iterator[str]:
    """Yield an array of words."""
    yield f"local -a {name}=("
    yield from (f"    {quoted(word)}" for word in words)
    yield ")"


def zsh_specs(option: Option) -> Iterator[str]:
    """Yield the option as `_arguments` wants it, each of its names."""
    action = {FILE: "_files", DIRECTORY: "_files -/"}.get(option.value or "", f"({option.words})")
    value = f":{(option.value or '').replace(':', ' ')}:{action if option.is_path or option.offers else ' '}"
    about = option.about.replace("[", "(").replace("]", ")").replace(":", "\\:")
    if not option.names:
        yield f"*{value}"
    others = "*" if option.repeats else f"({' '.join(option.names)})"
    for name in option.names:
        yield f"{others}{name}[{about}]{value if option.value else ''}"


def fish(shared: List[Option], verbs: Grammar) -> Iterator[str]:
    """Yield one `complete` for each verb and option."""
    first = f" -n 'not __fish_seen_subcommand_from {' '.join(verbs)}'"
    yield "complete -c pamsignal -f"
    for verb in verbs:
        yield f"complete -c pamsignal{first} -a {verb} -d {quoted(VERBS[verb][1])}"
    yield f"complete -c pamsignal{first} -l version -d 'show the version'"
    for verb, options in {"": shared, **verbs}.items():
        where = f" -n '__fish_seen_subcommand_from {verb}'" if verb else ""
        for option in options:
            if option.names:
                yield f"complete -c pamsignal{where}{fish_names(option)}{fish_value(option)} -d {quoted(option.about)}"
            elif option.is_path:
                yield f"complete -c pamsignal{where} -F"
            elif option.offers:
                yield f"complete -c pamsignal{where}{fish_value(option).replace(' -x', '')} -d {quoted(option.about)}"


def fish_names(option: Option) -> str:
    """Return the words of `complete` that tell what the option is called."""
    return "".join(f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}" for name in option.names)


def fish_value(option: Option) -> str:
    """Return the words of `complete` that tell what the option's value can be."""
    if option.value == FILE:
        return " -r -F"
    if option.value == DIRECTORY:
        return " -x -a '(__fish_complete_directories)'"
    offers = f" -a '{option.words}'" if option.offers else ""
    return f" -x{offers}" if option.value else ""


def quoted(text: str) -> str:
    """Return `text` in single quotes that bash, zsh and fish read alike."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


SHELLS: Mapping[str, Callable[[List[Option], Grammar], Iterator[str]]] = {"bash": bash, "zsh": zsh, "fish": fish}
FIRST_LINES = {"zsh": "#compdef pamsignal\n"}  # by which zsh finds it


def script_for(shell: str) -> str:
    """Return the completion of `shell`, one of SHELLS."""
    lines = [NOTE.format(shell=shell), *SHELLS[shell](*grammar())]  # nosec B604 - a text about a shell; nothing runs
    return FIRST_LINES.get(shell, "") + "\n".join(lines) + "\n"
