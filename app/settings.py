"""Recto's settings: the one place that reads the environment and `recto.toml`.

It does not know what the settings steer. A setting comes from the command line, else from `RECTO_<NAME>`, else from
`recto.toml` in the working folder or the platform's configuration folder, else from here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from ingest.errors import BadSetup


def _configuration_files() -> list[Path]:
    return [Path(platformdirs.user_config_dir("recto", appauthor=False)) / "recto.toml", Path("recto.toml")]


class Settings(BaseSettings):
    """Every setting with its default. Folders are made when they are first written."""

    model_config = SettingsConfigDict(env_prefix="RECTO_", extra="forbid", frozen=True)

    library: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("recto", appauthor=False)),
        description="the folder that holds the documents",
    )
    cache: Path = Field(
        default_factory=lambda: Path(platformdirs.user_cache_dir("recto", appauthor=False)),
        description="the folder for what can be made again",
    )
    host: str = Field("127.0.0.1", description="the address that `recto serve` listens on")
    port: int = Field(7860, ge=0, le=65535, description="the port that `recto serve` listens on")
    llm: str = Field("", description="the address of an OpenAI-compatible model server, such as vLLM's")
    llm_model: str = Field("", description="the model's name at the server; empty asks the server")
    llm_api_key: str = Field("", description="the key that the server asks for", repr=False)
    llm_timeout_s: float = Field(120.0, gt=0, description="seconds until a silent model server is given up")
    llm_context: int = Field(0, ge=0, description="tokens that the model reads; 0 asks the server")
    llm_tokenizer: Path | None = Field(
        None, description="a tokenizer.json to count with where the server does not count"
    )
    llm_calls: int = Field(64, ge=1, description="the most model calls that the strategy auto spends on an answer")
    query_transform: Literal["off", "multi_query", "hyde"] = Field(
        "off", description="what the model writes that is looked for beside a question: other wordings, or an answer"
    )
    prompts: Path | None = Field(None, description="a folder of templates that replace the bundled prompts")
    embed_model: str = Field(
        "",
        description="a sentence-transformers folder, or the name of a model on this machine; the bundled one if empty",
    )
    reranker: str = Field("", description="a cross-encoder that ranks the best passages anew: a folder or a name")
    reranker_passages: int = Field(20, ge=1, le=200, description="how many of the best passages the reranker reads")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="where models run; auto takes a GPU if any")
    lexicons: Path | None = Field(None, description="a folder of lexicons (*.toml) for the terms of your own field")
    ocr_engine: Literal["rapidocr", "paddleocr"] = Field("rapidocr", description="what reads pictures of pages")
    ocr_models: Path | None = Field(None, description="a folder of PaddleOCR's own models; the shipped ones if unset")
    workers: int = Field(0, ge=0, description="documents read at once; 0 means one a core")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        files = TomlConfigSettingsSource(settings_cls, toml_file=_configuration_files())
        return init_settings, env_settings, files


def load_settings(**given: Any) -> Settings:
    """The settings, those `given` (and not None) first; raises BadSetup that names the one that is wrong."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise BadSetup(f"setting {name}: {first['msg']}", hint="see recto settings") from error
    except ValueError as error:  # a recto.toml that is not TOML
        raise BadSetup(f"recto.toml cannot be read: {error}") from error
