"""What we read of an ODCS 3.1 file; the whole of it is checked against the published JSON Schema.

Custom properties of ours. On an object: `path`, where its array sits in the payload (absent for the record itself), and
`also`, further keys with arrays of the same parts. On a property:

- `path`: where it sits; absent, the property's own name. Steps are keys, numbers (an element), or `{key: pattern}`
  (the first element of which that key ends like this)
- `orElse`: another path, for where that is empty
- `strip`: a pattern cut off before anything looks at the value
- `codeMap`: the kind of code it is; it must be mapped, but for `ownCodes` (ours already) or where `mapOptional` is true
- `orderRef`: this names the order, in the partner's words
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Severity = Literal["error", "warning"]
LogicalType = Literal["string", "number", "integer", "boolean", "date", "timestamp", "time", "object", "array"]


class Element(BaseModel):
    """What every part of a contract has: a name, a description and properties of ours."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str = ""
    description: Any = None
    customProperties: list[dict[str, Any]] = Field(default_factory=list)

    @cached_property
    def custom(self) -> dict[str, Any]:
        """Our own properties by name."""
        return {entry["property"]: entry["value"] for entry in self.customProperties}


class Quality(Element):
    """One rule, in Great Expectations' words."""

    type: str = "custom"
    engine: str = "greatExpectations"
    implementation: dict[str, Any] = Field(default_factory=dict)
    severity: Severity = "error"
    dimension: str = ""

    @property
    def expectation(self) -> str:
        return self.implementation["type"]

    @property
    def kwargs(self) -> dict[str, Any]:
        return self.implementation.get("kwargs", {})


class Property(Element):
    """One field of a record, or of a part of it."""

    logicalType: LogicalType = "string"
    physicalType: str = ""
    businessName: str = ""
    classification: str = ""
    required: bool = False
    unique: bool = False
    relationships: list[dict[str, Any]] = Field(default_factory=list)
    quality: list[Quality] = Field(default_factory=list)

    @property
    def code_map(self) -> str | None:
        """The kind of code this is, when it must be mapped."""
        return self.custom.get("codeMap")

    @property
    def must_be_mapped(self) -> bool:
        """Whether a code without a mapping is set aside; else it stands as it is, or as nothing."""
        return self.code_map is not None and not self.custom.get("mapOptional", False)

    @property
    def label(self) -> str:
        """What people call it."""
        return self.businessName or self.name.replace("_", " ")


class SchemaObject(Element):
    """The record itself, or one kind of part of it (its lines)."""

    physicalName: str = ""
    properties: list[Property]
    quality: list[Quality] = Field(default_factory=list)

    @property
    def is_record(self) -> bool:
        return "path" not in self.custom

    def property(self, name: str) -> Property:
        return next(p for p in self.properties if p.name == name)


class Contract(Element):
    """One version of the contract of one feed."""

    id: str
    version: str
    status: str
    schema_: list[SchemaObject] = Field(alias="schema")
    slaProperties: list[dict[str, Any]] = Field(default_factory=list)
    team: Any = None

    ref: str = ""
    """Where it lives, as in `sap_s4/sales_orders.v1`."""

    @property
    def system_type(self) -> str:
        return self.ref.split("/", 1)[0]

    @property
    def feed_type(self) -> str:
        """System type and feed, as in `sap_s4.sales_orders`."""
        return self.ref.rsplit(".v", 1)[0].replace("/", ".")

    @property
    def record(self) -> SchemaObject:
        return next(o for o in self.schema_ if o.is_record)

    @property
    def parts(self) -> list[SchemaObject]:
        return [o for o in self.schema_ if not o.is_record]

    @property
    def order_ref(self) -> Property | None:
        """The property of the record that names the order, if there is one."""
        return next((p for p in self.record.properties if p.custom.get("orderRef")), None)
