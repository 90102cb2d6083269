import re
import subprocess

from tests.house.repository import ROOT

RULE = re.compile(r"^([a-z][a-z-]*):(?!=)", re.MULTILINE)


def test_help_lists_every_target_with_its_gloss():
    targets = RULE.findall((ROOT / "Makefile").read_text())
    answer = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = re.findall(r"^  make ([a-z-]+) +\S", answer.stdout, re.MULTILINE)
    assert "run" in targets
    assert listed == targets


def test_every_target_runs_even_if_a_file_has_its_name():
    makefile = (ROOT / "Makefile").read_text()
    assert re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE) == RULE.findall(makefile)


def test_ci_runs_the_command_that_developers_run():
    assert "make test" in (ROOT / ".ci/run").read_text()


def test_ci_looks_up_the_known_faults_of_every_dependency():
    assert "-m scripts.audit" in (ROOT / ".ci/run").read_text()
