"""The documents tell the truth about the tree, the commands, the states and the sample."""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest

from ingest.records import State

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("ingest", "retrieval", "prompts", "app", "eval")
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
LIBRARY_OPTIONS = {"--help", "--version", "--library", "--json"}


def section(document: str, heading: str) -> str:
    """The text under a heading, to the next heading of the same depth."""
    match = re.search(rf"^(#+) {re.escape(heading)}$", document, re.MULTILINE)
    assert match, f"no heading {heading!r}"
    rest = document[match.end() :]
    end = re.search(rf"^#{{1,{len(match[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def first_column(table: str) -> list[str]:
    """What stands between backticks in the first cell of each row."""
    rows = [re.split(r"(?<!\\)\|", line)[1].strip() for line in table.splitlines() if line.startswith("|")]
    return [cell.strip("`") for cell in rows if cell.startswith("`")]


def leaves(
    parser: argparse.ArgumentParser, name: tuple[str, ...] = ()
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command without subcommands, as it is typed."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for group in groups:
        for word, child in group.choices.items():
            yield from leaves(child, (*name, word))
    if not groups:
        yield " ".join(name), parser


def commands() -> dict[str, argparse.ArgumentParser]:
    from app.cli import build_parser

    return dict(leaves(build_parser()))


def documented_commands() -> dict[str, set[str]]:
    """Each command of the README's table with the long options shown beside it."""
    found = {}
    for row in first_column(section(README, "Commands")):
        words = row.removeprefix("recto ").split()
        name = [words[0]]
        for word in words[1:]:
            if not word.isalpha() or not word.islower():
                break
            name.append(word)
        found[" ".join(name)] = set(re.findall(r"--[a-z][a-z-]*", row))
    return found


def test_the_readme_names_every_command_and_no_other() -> None:
    assert sorted(documented_commands()) == sorted(commands())


def test_the_readme_shows_every_option_of_a_command_and_no_other() -> None:
    options = {
        name: {option for action in parser._actions for option in action.option_strings if option.startswith("--")}
        for name, parser in commands().items()
    }
    assert documented_commands() == {name: shown - LIBRARY_OPTIONS for name, shown in options.items()}


def test_the_tree_in_the_readme_is_the_tree() -> None:
    block = re.search(r"```\n(.*?)```", section(README, "The tree"), re.DOTALL)
    assert block
    shown = set(re.findall(r"^([\w.]+)/ ", block[1], re.MULTILINE))
    for folder in shown:
        assert (ROOT / folder).is_dir(), folder
    hidden = {"build", "dist"}
    real = {path.parent.name for path in ROOT.glob("*/*.py")} - hidden
    assert real <= shown
    assert list(PACKAGES) == [
        folder for folder in re.findall(r"^(\w+)/ ", block[1], re.MULTILINE) if folder in PACKAGES
    ]


def test_the_architecture_names_every_module_and_no_other() -> None:
    for package in PACKAGES:
        named = set(re.findall(r"^\| `([\w/]+\.py)` \|", section(ARCHITECTURE, f"{package}/"), re.MULTILINE))
        real = {
            path.relative_to(ROOT / package).as_posix()
            for path in (ROOT / package).rglob("*.py")
            if path.read_text(encoding="utf-8").strip()
        }
        assert named == real


def test_the_readme_explains_every_state() -> None:
    states = [state for row in first_column(section(README, "States of a file")) for state in row.split("`, `")]
    assert sorted(states) == sorted(str(state) for state in State)


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"])
def test_links_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", (ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_every_make_target_named_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", "\n".join(re.findall(r"`[^`]+`", README)))) <= targets


def test_the_changelog_begins_with_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    first = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert first and first[1] == version


def test_the_sample_is_small_and_its_text_can_be_copied() -> None:
    path = ROOT / "app" / "samples" / "recto-sample.pdf"
    assert path.stat().st_size < 150_000
    document = pypdfium2.PdfDocument(path)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    assert len(pages) == 4
    assert "The company was founded in 1968 by Maren" in pages[0]
    assert "Revenue 41.2 44.8 47.5 52.9 58.3" in pages[1]
    assert "营业收入 4750 5290 5830" in pages[2]
    assert "雾传感器 FS-3 3 年" in pages[3]
