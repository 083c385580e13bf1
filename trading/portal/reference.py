"""The OpenAPI document as its reference page shows it: operations by topic, what goes in and comes out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from trading.web.openapi import METHODS, PREFIX, document

_SCHEMAS = "#/components/schemas/"
_DEEPEST = 6  # levels of an example; deeper ones come of schemas that hold themselves


@dataclass(frozen=True)
class Field:
    """A member of an object or a parameter.

    `kind` is its type, with a % for the schema that `reference` names; `zh` and `en` say what it is;
    `place` is a parameter's, `depth` a member's.
    """

    name: str
    required: bool
    kind: str
    reference: str
    bounds: str
    zh: str
    en: str
    place: str = ""
    depth: int = 0


@dataclass(frozen=True)
class Payload:
    """A body of a request or answer in one media type, or a schema by itself."""

    media: str
    kind: str
    reference: str
    bounds: str
    zh: str
    en: str
    fields: tuple[Field, ...]
    example: str = ""

    @property
    def json(self) -> bool:
        """Whether it is written as text."""
        return self.media.endswith("json")


@dataclass(frozen=True)
class Answer:
    """An answer by its status."""

    status: str
    zh: str
    en: str
    payloads: tuple[Payload, ...]


@dataclass(frozen=True)
class Operation:
    """One method of one address; `zh` (which may be missing) and `en` say what it does."""

    id: str
    method: str
    path: str
    zh: str
    en: str
    token: bool
    parameters: tuple[Field, ...]
    payload: Payload | None
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Topic:
    """Operations that belong together."""

    id: str
    zh: str
    en: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Reference:
    """All of it, and the schemas by name that several operations share."""

    prefix: str
    zh: str
    en: str
    topics: tuple[Topic, ...]
    schemas: Mapping[str, Payload]


@cache
def reference() -> Reference:
    """Of the document that this platform answers by."""
    return _Reader(document()).reference()


class _Reader:
    def __init__(self, whole: Mapping[str, Any]) -> None:
        self._whole = whole

    def reference(self) -> Reference:
        operations = list(self._operations())
        topics = tuple(
            Topic(
                tag["name"], tag["x-zh"], tag["description"],
                tuple(operation for name, operation in operations if name == tag["name"]),
            )
            for tag in self._whole["tags"]
        )  # fmt: skip
        info = self._whole["info"]
        schemas = {
            name: self._payload("", schema) for name, schema in self._whole["components"]["schemas"].items()
        }
        return Reference(PREFIX, info["x-zh"], info["description"], topics, schemas)

    def _operations(self) -> Iterator[tuple[str, Operation]]:
        for path, item in self._whole["paths"].items():
            for method in METHODS:
                if method in item:
                    said = item[method]
                    shared = [*item.get("parameters", ()), *said.get("parameters", ())]
                    yield said["tags"][0], self._operation(path, method, said, shared)

    def _operation(self, path: str, method: str, said: Mapping[str, Any], shared: list[Any]) -> Operation:
        body = self._followed(said["requestBody"])["content"] if "requestBody" in said else {}
        payloads = [self._payload(media, content.get("schema", {}), True) for media, content in body.items()]
        english = " ".join(filter(None, (said["summary"], said.get("description"))))
        return Operation(
            id=said["operationId"], method=method.upper(), path=path, zh=said.get("x-zh", ""), en=english,
            token={} not in said.get("security", [{}]),
            parameters=tuple(map(self._parameter, shared)), payload=payloads[0] if payloads else None,
            answers=tuple(self._answer(*each) for each in said["responses"].items()),
        )  # fmt: skip

    def _parameter(self, given: Mapping[str, Any]) -> Field:
        parameter = self._followed(given)
        required = bool(parameter.get("required"))
        return self._field(parameter["name"], required, parameter["schema"], place=parameter["in"])

    def _answer(self, status: str, given: Mapping[str, Any]) -> Answer:
        said = self._followed(given)
        content = said.get("content", {})
        payloads = tuple(self._payload(media, each.get("schema", {})) for media, each in content.items())
        shown = "4xx, 5xx" if status == "default" else status
        return Answer(shown, *_said(said), payloads)

    def _followed(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Any = given
        while "$ref" in found:
            place = found["$ref"]
            found = self._whole
            for step in place.removeprefix("#/").split("/"):
                found = found[step]
        return found  # type: ignore[no-any-return]

    def _payload(self, media: str, schema: Mapping[str, Any], example: bool = False) -> Payload:
        kind, name = self._kind(schema)
        text = json.dumps(self._example(schema, 0), ensure_ascii=False, indent=2) if example else ""
        fields = tuple(self._fields(schema, 0))
        return Payload(media, kind, name, _bounds(schema), *_said(schema), fields, text)

    def _fields(self, schema: Mapping[str, Any], depth: int) -> Iterator[Field]:
        """Members of an object or of a list's objects, each followed by its own."""
        while "items" in schema:
            schema = schema["items"]
        required = schema.get("required", ())
        for name, member in schema.get("properties", {}).items():
            yield self._field(name, name in required, member, depth=depth)
            yield from self._fields(member, depth + 1)

    def _field(
        self, name: str, required: bool, schema: Mapping[str, Any], place: str = "", depth: int = 0
    ) -> Field:
        kind, referred = self._kind(schema)
        return Field(name, required, kind, referred, _bounds(schema), *_said(schema), place, depth)

    def _kind(self, schema: Mapping[str, Any]) -> tuple[str, str]:
        """A schema's type in a word or two, with a % for the schema that it refers to."""
        if "$ref" in schema:
            return "%", schema["$ref"].removeprefix(_SCHEMAS)
        if "anyOf" in schema:
            return " | ".join(self._kind(each)[0] for each in schema["anyOf"]), ""
        kinds = schema.get("type", "any")
        if kinds == "array":
            inner, name = self._kind(schema.get("items", {}))
            return f"[{inner}]", name
        return kinds if isinstance(kinds, str) else " | ".join(kinds), ""

    def _example(self, schema: Mapping[str, Any], depth: int) -> Any:
        """The least that an honest body has: members that are required."""
        schema = self._followed(schema)
        kinds = schema.get("type", "string")
        kind: str = kinds[0] if isinstance(kinds, list) else kinds
        if kind == "object":
            if depth > _DEEPEST:
                return {}
            members = schema.get("properties", {})
            return {name: self._example(members[name], depth + 1) for name in schema.get("required", ())}
        if kind == "array":
            return [self._example(schema["items"], depth + 1)] if depth <= _DEEPEST else []
        plain = {"integer": schema.get("minimum", 0), "boolean": False, "number": 0, "null": None}
        return plain.get(kind, schema.get("enum", [""])[0])


def _said(described: Mapping[str, Any]) -> tuple[str, str]:
    """What the document says of something, in Chinese and in English."""
    return described.get("x-zh", ""), described.get("description", "")


def _bounds(schema: Mapping[str, Any]) -> str:
    """What else a value must keep to."""
    inner = schema.get("items", schema)
    parts = []
    if "enum" in inner:
        parts.append(" | ".join(map(str, inner["enum"])))
    if "pattern" in inner:
        parts.append(inner["pattern"])
    if "contentEncoding" in inner:
        parts.append(inner["contentEncoding"])
    for low, high in (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems")):
        if low in schema or high in schema:
            unit = {"minimum": "", "minLength": " chars", "minItems": " items"}[low]
            parts.append(f"{schema.get(low, '')}…{schema.get(high, '')}{unit}")
    return "; ".join(parts)
