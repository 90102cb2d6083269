from scripts.styles import STATIC, notice, script_name


def test_the_built_style_sheet_and_script_are_those_of_the_sources_and_the_lock():
    for name in ("signpost.css", script_name()):
        first_line = (STATIC / name).read_text(encoding="utf-8").partition("\n")[0]
        assert f"{first_line}\n" == notice(), f"{name} is not what its sources make: run 'make styles'"
