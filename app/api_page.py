"""The REST API described on one page, made from its own OpenAPI document: no script, nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

_STYLE = """
body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1.25rem; color: #1c2430 }
h2 { font: 600 1rem ui-monospace, monospace; margin: 2.2rem 0 .3rem; padding-top: 1rem; border-top: 1px solid #e3e6eb }
h2 b { display: inline-block; min-width: 4.5rem; color: #0f6b5c } p { margin: .3rem 0 }
pre { background: #f5f6f8; padding: .8rem 1rem; overflow-x: auto; border-radius: 8px; font-size: .85rem }
summary { cursor: pointer; color: #59636f } code { font-family: ui-monospace, monospace }
"""


def api_page(openapi: Mapping[str, Any]) -> str:
    """An HTML page over an OpenAPI 3.1 document."""
    schemas = openapi.get("components", {}).get("schemas", {})
    routes = "".join(
        _route(method, path, operation, schemas)
        for path, operations in openapi["paths"].items()
        for method, operation in operations.items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Recto API</title>'
        f"<style>{_STYLE}</style><h1>Recto API {escape(str(openapi['info'].get('version', '')))}</h1>"
        f"<p>{escape(openapi['info'].get('summary', ''))} Errors are problem details (RFC 9457). "
        f'The same as a file: <a href="openapi.json">openapi.json</a>.</p>{routes}</html>'
    )


def _route(method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    parts = [f"<h2><b>{method.upper()}</b> {escape(path)}</h2>", f"<p>{escape(operation.get('description', ''))}</p>"]
    for parameter in operation.get("parameters", ()):
        schema = {key: value for key, value in parameter["schema"].items() if key != "title"}
        parts.append(f"<p><code>{escape(parameter['name'])}</code> in {parameter['in']}: {_json(schema)}</p>")
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(_schema(f"Takes {media}", content.get("schema", {}), schemas))
    for status, response in operation.get("responses", {}).items():
        for media, content in response.get("content", {}).items():
            if content.get("schema") and status.startswith("2"):
                parts.append(_schema(f"{status}: {media}", content["schema"], schemas))
    return "".join(parts)


def _schema(title: str, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    shape = json.dumps(_shape(schema, schemas), indent=2, ensure_ascii=False)
    return f"<details><summary>{escape(title)}</summary><pre>{escape(shape)}</pre></details>"


def _shape(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """A schema as an example-like value: names with the types of their values."""
    if "$ref" in schema:
        return _shape(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas)
    if "anyOf" in schema:
        shapes = [_shape(one, schemas) for one in schema["anyOf"]]
        return next((shape for shape in shapes if not isinstance(shape, str)), " or ".join(map(str, shapes)))
    if "properties" in schema:
        return {name: _shape(value, schemas) for name, value in schema["properties"].items()}
    if schema.get("type") == "array":
        return [_shape(schema.get("items", {}), schemas)]
    return schema.get("type", "any")


def _json(value: object) -> str:
    return f"<code>{escape(json.dumps(value, ensure_ascii=False))}</code>"
