"""What can be known of docker-compose.yml and the Dockerfile without Docker."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from crossdock.cli import build
from crossdock.core.settings import declared
from crossdock.stack import dotenv

ROOT = Path(__file__).resolve().parents[3]
SERVICE_KEYS = {"build", "image", "restart", "environment", "volumes", "depends_on", "command", "ports", "healthcheck"}
FOUR = {"airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer"}
PLAIN = re.compile(r"(?<!\$)\$\{([A-Z_]+)(:[-?][^}]*)?\}")


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def services(compose: dict) -> dict:
    return compose["services"]


def test_it_has_the_shape_of_a_compose_file(compose: dict, services: dict):
    """Known keys only; each service has an image and, where it builds, the same one."""
    assert {key for key in compose if not key.startswith("x-")} == {"name", "services", "volumes"}
    for name, service in services.items():
        assert set(service) <= SERVICE_KEYS, name
        assert service["image"] in ("postgres:18", "redis:8", "crossdock:local"), name
        assert isinstance(service.get("environment", {}), dict), name
        assert all(isinstance(value, str) for value in service.get("environment", {}).values()), name


def test_every_service_of_the_one_machine_set_up_is_there(services: dict):
    """The same as `crossdock up`, with Celery's worker, Redis and Postgres."""
    assert FOUR | {"airflow-worker", "inbox", "worker", "redis", "postgres"} <= set(services)
    assert services["airflow-scheduler"]["environment"]["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"


def test_dependencies_volumes_and_conditions_exist(compose: dict, services: dict):
    """A service waits for one that exists, healthy only for one that says when it is."""
    for name, service in services.items():
        for other, wish in service.get("depends_on", {}).items():
            assert other in services, name
            if wish["condition"] == "service_healthy":
                assert "healthcheck" in services[other], name
            if wish["condition"] == "service_completed_successfully":
                assert services[other]["restart"] == "no", name
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose["volumes"], name


def test_every_variable_is_in_the_example_and_every_compose_variable_is_used():
    """`.env.example` is complete, and says nothing that nobody reads."""
    used = {name for name, _ in PLAIN.findall((ROOT / "docker-compose.yml").read_text())}
    known = {name for name, _ in dotenv.COMPOSE}
    assert used <= known | {name for name, _, _ in declared()}
    assert known <= used


def test_the_example_is_what_the_settings_say():
    """Made by `crossdock env --example > .env.example`."""
    assert (ROOT / ".env.example").read_text() == dotenv.text()


def test_every_product_variable_is_one_that_the_settings_declare(services: dict):
    """A misspelt CROSSDOCK_ variable would be ignored in silence."""
    known = {name for name, _, _ in declared()}
    for service in services.values():
        given = {name for name in service.get("environment", {}) if name.startswith("CROSSDOCK_")}
        assert given <= known


def test_every_airflow_option_exists(services: dict):
    """A misspelt AIRFLOW__ variable would be ignored in silence, too."""
    from airflow.configuration import conf

    for name in services["airflow-scheduler"]["environment"]:
        if name.startswith("AIRFLOW__"):
            _, section, option = name.lower().split("__")
            assert option in conf.configuration_description[section]["options"], name


def crossdock_words(command: list[str]) -> list[list[str]]:
    """The `crossdock …` calls in a service's command."""
    if command[:2] == ["sh", "-c"]:
        return [part.split() for part in command[2].split("&&") if part.split()[0] == "crossdock"]
    return [command] if command[0] == "crossdock" else []


def test_every_command_exists(services: dict):
    """Each `crossdock` call is a command with those options; each `airflow` call is a subcommand."""
    from airflow.cli.cli_parser import get_parser

    for name, service in services.items():
        command = service.get("command", [])
        for words in crossdock_words(command) if command else []:
            assert resolves(words[1:]), f"{name}: {' '.join(words)}"
        if command and command[0] == "airflow":
            get_parser().parse_args(command[1:])


def resolves(words: list[str]) -> bool:
    found = get_command(build())
    for word in (word for word in words if not word.startswith("-")):
        if not hasattr(found, "commands"):
            break
        if word not in found.commands:
            return False
        found = found.commands[word]
    options = {option for parameter in found.params for option in parameter.opts}
    return {word for word in words if word.startswith("--")} <= options


def test_files_that_are_named_exist(services: dict):
    """The provisioning script, and the folders the image points to."""
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "Dockerfile").read_text()
    for path in re.findall(r"plugins/\S+\.py", text):
        assert (ROOT / path).exists()
    for folder in re.findall(r"/opt/crossdock/(\w+)", text):
        assert (ROOT / folder).is_dir()


def test_ports_are_published_on_loopback_only(services: dict):
    """Anything else needs a proxy with TLS in front."""
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_no_password_stands_in_the_file():
    """Every secret is a variable without a default: a forgotten one stops the start."""
    text = (ROOT / "docker-compose.yml").read_text()
    for name, default in PLAIN.findall(text):
        if re.search("PASSWORD|SECRET|KEY", name):
            assert default.startswith(":?"), name


def test_the_image_installs_from_the_lock():
    """With hashes, before the project is copied, as a user that is not root."""
    lines = (ROOT / "Dockerfile").read_text()
    assert "pip install --no-cache-dir --require-hashes -r requirements-bootstrap.txt" in lines
    assert "uv pip install --system --no-cache --compile-bytecode --require-hashes -r requirements.txt" in lines
    assert "--no-deps --no-build-isolation -e ." in lines
    assert lines.index("requirements.txt") < lines.index("COPY . .")
    assert lines.index("USER airflow") > lines.index("COPY . .")
    assert "python:3.11" in lines


def test_secrets_of_this_machine_do_not_get_into_the_image():
    """Neither .env nor the home of a local installation is sent to the builder."""
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".env", ".crossdock", ".git", ".venv"} <= set(ignored)
