"""Every command explains itself, and shells can complete them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer.main

from flows.cli.main import _complete

ROOT = Path(__file__).parents[1]


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


ALL = list(_commands(typer.main.get_command(_complete())))  # type: ignore[arg-type]


def test_the_commands_of_this_file_are_found() -> None:
    names = {" ".join(path) for path, _ in ALL}
    assert {"up", "run", "submit", "maintain", "watch add", "feeds add", "config show"} <= names


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_a_command_says_what_it_does_with_an_example_that_can_be_parsed(path: tuple[str, ...], command: click.Command) -> None:
    assert command.help
    what, mark, example = command.help.partition("Example: ")
    assert what.strip() and mark, f"{path} has no example"
    words = example.split()
    assert words[: len(path) + 1] == ["newsfold", *path]
    for parameter in command.params:
        assert parameter.name == "help" or getattr(parameter, "help", None), f"{path}: {parameter.name} has no help"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion_script(shell: str) -> None:
    # What --show-completion prints, without its look at the process above (make's shell is sh).
    done = _run([], _NEWSFOLD_COMPLETE=f"source_{shell}")
    assert done.returncode == 0, done.stderr
    assert f"_NEWSFOLD_COMPLETE=complete_{shell}" in done.stdout


def test_a_shell_completes_commands_and_their_options() -> None:
    def completed(line: str) -> list[str]:
        words = len(line.split(" ")) - 1
        done = _run([], _NEWSFOLD_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(words))
        return done.stdout.split()

    assert "submit" in completed("newsfold su")
    assert set(completed("newsfold watch ")) >= {"add", "list", "remove"}
    assert "--dry-run" in completed("newsfold maintain --d")


def _run(words: list[str], **environment: str) -> "subprocess.CompletedProcess[str]":
    program = Path(sys.executable).with_name("newsfold")
    keep = {name: value for name, value in os.environ.items() if not name.startswith("NEWSFOLD_")}
    return subprocess.run(
        [str(program), *words], cwd=ROOT, env={**keep, **environment}, capture_output=True, text=True, timeout=120, check=False
    )
