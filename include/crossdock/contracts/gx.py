"""The contract as a Great Expectations suite. Only the batch lane imports it: GX costs seconds before any row is read.

The same rules as the row verdicts, in GX's own words, over the same typed projection. What GX has no expectation for
(types, code maps, references) is a yes-or-no column of the projection, which GX then expects to be true.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import great_expectations as gx
from great_expectations.core.expectation_suite import ExpectationSuite

from crossdock.contracts.columns import has_type
from crossdock.contracts.model import Contract, SchemaObject
from crossdock.contracts.rules import Rule
from crossdock.contracts.verdict import text_column
from crossdock.core.errors import Misconfigured

logging.getLogger("great_expectations").setLevel(logging.ERROR)

SITE = "contracts"
KEY = ["_record_id", "_part"]
RESULT_FORMAT = {"result_format": "COMPLETE", "unexpected_index_column_names": KEY}
SEVERITY = {"error": "critical", "warning": "warning"}
BETWEEN = "expect_column_values_to_be_between"
UNIQUE = "expect_column_values_to_be_unique"


def _expectation(rule: Rule, schema: SchemaObject) -> dict:
    kind, kwargs = rule.expectation, dict(rule.kwargs)
    if kwargs.get("column") == rule.field and kind != BETWEEN:
        kwargs["column"] = text_column(schema.property(rule.field))
    if kind == UNIQUE and not schema.is_record:  # unique among the parts of one record
        kind, kwargs = "expect_compound_columns_to_be_unique", {"column_list": ["_record_id", rule.field]}
        kwargs["ignore_row_if"] = "any_value_is_missing"
    if schema.property(rule.field).logicalType in ("date", "timestamp"):
        kwargs = {key: _moment(value) if key in ("min_value", "max_value") else value for key, value in kwargs.items()}
    meta = {"rule": rule.name, "field": rule.field}
    return {"type": kind, "kwargs": kwargs, "severity": SEVERITY[rule.severity], "meta": meta}


def _moment(value: object) -> pd.Timestamp:
    """A bound as the frame holds times: in UTC, without saying so."""
    at = pd.Timestamp(value)
    return at.tz_convert(None) if at.tzinfo else at


def suite(contract: Contract, schema: SchemaObject, rules: Iterable[Rule]) -> ExpectationSuite:
    """The suite of one object of a contract. Raises Misconfigured when GX drops a rule, as it does misspelt ones."""
    expectations = [_expectation(rule, schema) for rule in rules]
    made = ExpectationSuite(name=f"{contract.ref}.{schema.name}".replace("/", "."), expectations=expectations)
    if len(made.expectations) != len(expectations):
        raise Misconfigured(
            f"contract {contract.ref}: Great Expectations took {len(made.expectations)} of {len(expectations)} rules",
            hint="an expectation's type is misspelt; compare with the Great Expectations gallery",
        )
    return made


def frame(schema: SchemaObject, columns: list[str], rows: list[tuple]) -> pd.DataFrame:
    """Projected rows as GX wants them: absent is None, numbers are floats, times are in UTC."""
    data = pd.DataFrame(rows, columns=columns, dtype=object)
    for p in schema.properties:
        if not has_type(p):
            continue
        if p.logicalType in ("number", "integer"):
            data[p.name] = pd.to_numeric(data[p.name])
        elif p.logicalType in ("date", "timestamp"):
            data[p.name] = pd.to_datetime(data[p.name], utc=True).dt.tz_localize(None)
    return data


class Checker:
    """One GX context with its Data Docs in `site`."""

    def __init__(self, site: Path) -> None:
        self.context = gx.get_context(mode="ephemeral")
        self.context.variables.progress_bars = {"globally": False}
        store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(site)}
        index = {"class_name": "DefaultSiteIndexBuilder"}
        self.context.add_data_docs_site(
            SITE, {"class_name": "SiteBuilder", "site_index_builder": index, "store_backend": store}
        )
        self.source = self.context.data_sources.add_pandas("projection")

    def check(self, made: ExpectationSuite, data: pd.DataFrame) -> tuple[dict[str, int], set[tuple]]:
        """Run a suite over a frame and write its page.

        Returns rows per `rule(field)`, and (record id, part, rule, field) of every row that breaks an error rule.
        Raises Misconfigured when GX could not check a rule at all, which is not the same as a failed one.
        """
        batch = self.source.add_dataframe_asset(made.name).add_batch_definition_whole_dataframe("all")
        definition = gx.ValidationDefinition(name=made.name, data=batch, suite=self.context.suites.add(made))
        checkpoint = gx.Checkpoint(
            name=made.name,
            validation_definitions=[self.context.validation_definitions.add(definition)],
            actions=[gx.checkpoint.UpdateDataDocsAction(name="docs", site_names=[SITE])],
            result_format=RESULT_FORMAT,
        )
        run = self.context.checkpoints.add(checkpoint).run(batch_parameters={"dataframe": data})
        counts, broken = {}, set()
        for result in next(iter(run.run_results.values())).results:
            count, rows = _read(made.name, result)
            meta = result.expectation_config.meta
            if count:
                counts[f"{meta['rule']}({meta['field']})"] = count
            if result.expectation_config.severity == "critical":
                broken |= {(*row, meta["rule"], meta["field"]) for row in rows}
        return counts, broken

    def finish(self) -> None:
        """Write the pages of every suite and the index."""
        self.context.build_data_docs(site_names=[SITE])


def _read(name: str, result) -> tuple[int, set[tuple]]:
    if result.exception_info and any(_raised(info) for info in _infos(result.exception_info)):
        raise Misconfigured(
            f"{name}: Great Expectations could not check {result.expectation_config.type} of "
            f"{result.expectation_config.meta['field']}: {result.exception_info}",
            hint="mend the rule in the contract",
        )
    rows = {(int(row["_record_id"]), str(row["_part"])) for row in result.result.get("unexpected_index_list") or []}
    return int(result.result.get("unexpected_count") or 0), rows


def _infos(given: dict) -> list:
    return [given] if "raised_exception" in given else list(given.values())


def _raised(info: object) -> bool:
    return isinstance(info, dict) and bool(info.get("raised_exception"))
