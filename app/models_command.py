"""`recto models`: the models that Recto is known to fit, and one of them fetched when asked for."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from app.cli import settings_of, write, write_json
from app.wiring import wanted_embedder
from ingest.errors import BadSetup
from ingest.presets import BUNDLED, Preset, fetch, preset_named, presets

_SETTINGS = {"embedding": "embed_model", "reranking": "reranker"}


def list_models(arguments: argparse.Namespace) -> int:
    """What each needs and gives, and which model the settings ask for."""
    settings = settings_of(arguments)
    asked = str(settings.embed_model or BUNDLED)
    if arguments.json:
        write_json({"embed_model": asked, "reranker": settings.reranker, "presets": [asdict(one) for one in presets()]})
        return 0
    for preset in presets():
        for line in _described(preset):
            write(line)
    write(f"embed_model is {asked}, reranker is {settings.reranker or 'off'}")
    try:
        write(f"texts become vectors of {wanted_embedder(settings).identity()}")
    except BadSetup as error:
        write(f"but {error}")
    return 0


def _described(preset: Preset) -> list[str]:
    size = f", {preset.dimension} dimensions" if preset.dimension else ""
    needs = f"{preset.disk_gb} GB on disk, {preset.memory_gb} GB of memory; GPU: {preset.gpu}; {preset.licence}"
    lines = [
        f"{preset.name}  ({preset.task}; {preset.repository})",
        f"    {preset.gives}",
        f"    {preset.languages}; reads {preset.max_tokens} tokens{size}",
        f"    {needs}",
    ]
    prefixes = [(name, text) for name, text in asdict(preset).items() if name.endswith("_prefix") and text]
    return lines + [f"    {name.replace('_', ' ')}: {text!r}" for name, text in prefixes]


def fetch_model(arguments: argparse.Namespace) -> int:
    """Raises BadSetup for a name that is no preset, OtherSide where the hub cannot be reached."""
    preset = preset_named(arguments.name)
    if preset is None:
        raise BadSetup(f"no preset {arguments.name!r}", hint=f"one of {', '.join(one.name for one in presets())}")
    if preset.name == BUNDLED:
        raise BadSetup("the bundled model is here already", hint="it came with Recto's requirements")
    folder = fetch(preset, Path(arguments.to))
    setting = _SETTINGS[preset.task]
    if arguments.json:
        write_json({"name": preset.name, "folder": str(folder), "setting": setting})
    else:
        then = "; then recto migrate, where the library has vectors already" if setting == "embed_model" else ""
        write(f"{preset.name} is in {folder}; set {setting} to that folder{then}")
    return 0
