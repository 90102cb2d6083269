"""What docker-compose.yml and the images promise, checked without a container engine."""

import re
import subprocess

import pytest
import yaml

from tests.house.repository import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
DOCKERFILES = sorted((ROOT / "deploy").glob("*.Dockerfile"))
DOCUMENTED = set(re.findall(r"^\| `([A-Z_]+)` ", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))
# Settings of other people's programs, or of the compose file itself.
FOREIGN = re.compile(r"^(POSTGRES_|PGDATA|GF_|XDG_|CHAT_HOST$|DIRECTORY_HOST_NAME$)")

every_service = pytest.mark.parametrize("name", SERVICES)


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
        assert plain in DOCUMENTED or FOREIGN.match(variable), variable
        if re.search(r"TOKEN|PASSWORD|KEY|CONVERSATIONS_URL|DATABASE_URL", variable):
            assert str(value).startswith("/run/secrets/"), variable
            assert value.removeprefix("/run/secrets/") in SERVICES[name]["secrets"]


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
    "name", ["rasa-1", "rasa-2", "actions", "postgresql", "postgresql-conversations", "redis"]
)
def test_what_needs_no_way_out_has_none(name):
    assert all(COMPOSE["networks"][network].get("internal") for network in SERVICES[name]["networks"])
    assert "ports" not in SERVICES[name]


def test_only_the_proxy_is_open_to_everybody():
    opened = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert opened.pop("proxy") == ["80:80", "443:443", "443:443/udp"]
    assert all(port.startswith("127.0.0.1:") for ports in opened.values() for port in ports)


def test_the_bot_knows_every_rasa_worker():
    workers = {name for name in SERVICES if name.startswith("rasa-")}
    assert set(re.findall(r"rasa-\d+", SERVICES["bot"]["environment"]["RASA_URL"])) == workers


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda path: path.name)
def test_an_image_is_pinned_installs_by_hash_and_runs_as_nobody_special(file):
    text = file.read_text(encoding="utf-8")
    for image in re.findall(r"^FROM (\S+)", text, re.MULTILINE):
        assert re.search(r":\d+\.\d+\.\d+-[a-z-]+(@sha256:[0-9a-f]{64})?$", image), image
    assert "--require-hashes" in text
    assert int(re.findall(r"^USER (\d+):", text, re.MULTILINE)[-1]) > 1000
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for name in source.split():
            assert list(ROOT.glob(name)), name


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
