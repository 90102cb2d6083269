from scripts.write_place_names import TARGET, lookup_file


def test_the_assistant_listens_for_the_places_that_the_directory_knows():
    assert TARGET.read_text("utf-8") == lookup_file(), "run: make place-names"
