import re

from tests.house.repository import ROOT, read_text, repository_files

# Put together here, so that this file does not contain what it looks for.
FOLDERS = ["work", "farm", "root", "opt/py" + "pi", "home/[a-z]+", "Users/[A-Za-z]+"]
HOSTS = [r"py" + r"pi\.org", "python" + "hosted", r"registry\.npm" + "js", r"deb\.deb" + "ian"]
LEAK = re.compile(rf"(?:^|[^a-zA-Z.])/(?:{'|'.join(FOLDERS)})/|{'|'.join(HOSTS)}", re.MULTILINE)


def test_the_pattern_finds_what_it_should_and_only_that():
    assert LEAK.search("see /" + "work/main")
    assert LEAK.search("from py" + "pi.org")
    assert not LEAK.search("homework/main and ../work/main, https://example.org/homes/")


def test_no_file_names_a_folder_of_a_developer_or_a_registry():
    leaks = [
        f"{path.relative_to(ROOT)}: {found.group().strip()}"
        for path in repository_files()
        for found in LEAK.finditer(read_text(path) or "")
    ]
    assert leaks == []
