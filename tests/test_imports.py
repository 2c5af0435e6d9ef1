"""Every module imports on its own, in any order, without doing anything but define names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("ingest", "retrieval", "prompts", "app", "eval")
HEAVY = (
    "torch",
    "gradio",
    "langchain",
    "langsmith",
    "sentence_transformers",
    "transformers",
    "rapidocr",
    "onnxruntime",
)


def modules() -> list[str]:
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


# Imports all modules one after the other. One that is asked for while it is itself still being imported stands in a
# circle; where there is none, each could have been the first as well. A library that looks around while it is imported
# (urllib3 binds a socket to learn whether there is IPv6) is forgiven, unless it reaches out.
IMPORT_ALL = """
import builtins, importlib, json, os, sys, threading

packages = tuple(sys.argv[1].split(","))
deeds, circles, seen_at = [], [], ""
writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

here = os.getcwd() + os.sep

def note(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if isinstance(path, int) or not flags & writing or str(path) == os.devnull:
            return
    elif event not in ("socket.connect", "socket.bind", "socket.getaddrinfo", "os.mkdir", "os.remove", "os.rename",
                       "subprocess.Popen", "os.fork", "sqlite3.connect"):
        return
    frame, files = sys._getframe(1), []
    while frame is not None:
        files.append(frame.f_code.co_filename)
        frame = frame.f_back
    doer = next((file for file in files if file.startswith(here) or "site-packages" in file), "")
    if "site-packages" not in doer or event in ("socket.connect", "socket.getaddrinfo"):
        deeds.append([seen_at, event, repr(arguments)[:200]])

plain = builtins.__import__

def watched(name, globals=None, locals=None, fromlist=(), level=0):
    if name.split(".")[0] in packages:
        asking = (globals or {}).get("__name__", "")
        for asked in (name, *(f"{name}.{one}" for one in fromlist or ())):
            module = sys.modules.get(asked)
            if module is not None and getattr(module.__spec__, "_initializing", False):
                circles.append([asking, asked])
    return plain(name, globals, locals, fromlist, level)

failures = []
sys.addaudithook(note)
builtins.__import__ = watched
for name in sys.argv[2:]:
    seen_at = name
    before = threading.active_count()
    try:
        importlib.import_module(name)
    except BaseException as error:
        failures.append([name, repr(error)])
    if threading.active_count() > before:
        deeds.append([name, "thread", ""])
print(json.dumps({"failures": failures, "deeds": deeds, "circles": circles}))
"""


def run_python(tmp_path: Path, code: str, *arguments: str, root: Path = ROOT) -> str:
    """What a fresh interpreter in `root` prints; its home, caches and temporary files lie in `tmp_path`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RECTO_", "XDG_", "COVERAGE"))}
    place = str(tmp_path)
    environment = kept | {"HOME": place, "TMPDIR": place, "XDG_CACHE_HOME": place, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-B", "-c", code, *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def imported(tmp_path: Path, packages: Sequence[str], names: Sequence[str], root: Path = ROOT) -> dict[str, object]:
    report: dict[str, object] = json.loads(
        run_python(tmp_path, IMPORT_ALL, ",".join(packages), *names, root=root).splitlines()[-1]
    )
    return report


def test_each_module_imports_alone_and_does_nothing(tmp_path: Path) -> None:
    assert imported(tmp_path, PACKAGES, modules()) == {"failures": [], "deeds": [], "circles": []}


def test_what_a_module_should_not_do_is_seen(tmp_path: Path) -> None:
    package = tmp_path / "made"
    package.mkdir()
    for name, code in {
        "__init__": "",
        "first": "from made import second",
        "second": "import made.third",
        "third": "from made import first",
        "busy": "open(__file__ + '.log', 'w').close()",
        "broken": "import made.nowhere",
    }.items():
        (package / f"{name}.py").write_text(code, encoding="utf-8")
    report = imported(tmp_path, ["made"], ["made.second", "made.busy", "made.broken"], tmp_path)
    assert report["circles"] == [["made.first", "made.second"]]
    assert [deed[:2] for deed in report["deeds"]] == [["made.busy", "open"]]  # type: ignore[attr-defined]
    assert [name for name, _ in report["failures"]] == ["made.broken"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "module", ["app.cli", "app.__main__", "app.wiring", "app.docs_commands", "retrieval.search", "ingest.pipeline"]
)
def test_a_command_starts_without_the_heavy_libraries(module: str, tmp_path: Path) -> None:
    code = "import importlib, sys; importlib.import_module(sys.argv[1]); print(*sys.modules)"
    loaded = {name.split(".")[0] for name in run_python(tmp_path, code, module).split()}
    assert sorted(loaded & set(HEAVY)) == []


def test_every_folder_of_code_is_installed() -> None:
    """A subpackage that pyproject.toml does not name would be missing from an installed Recto."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = set(project["tool"]["setuptools"]["packages"])
    folders = {
        ".".join(path.parent.relative_to(ROOT).parts) for package in PACKAGES for path in (ROOT / package).rglob("*.py")
    }
    assert folders <= named
    assert [name for name in named if not ROOT.joinpath(*name.split(".")).is_dir()] == []
