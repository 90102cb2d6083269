"""The style sheets and the script of the directory's pages, as browsers may keep them for an hour."""

from importlib.resources import files

from starlette.responses import Response

MEDIA_TYPES = {"css": "text/css", "js": "text/javascript"}


def read_static(name: str) -> Response:
    """The answer that carries a file of the folder `static`. Raises FileNotFoundError, KeyError for another kind."""
    text = files("referral_directory.web").joinpath("static", name).read_text(encoding="utf-8")
    media_type = MEDIA_TYPES[name.rpartition(".")[2]]
    return Response(text, media_type=media_type, headers={"cache-control": "public, max-age=3600"})
