"""The one script and the one style, from the package: nothing comes from elsewhere."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bulk.app.rendering import STATIC

_KINDS: Final = {"app.css": "text/css", "app.js": "text/javascript"}


async def show(request: Request) -> Response:
    """One of the two."""
    name = request.path_params["name"]
    if name not in _KINDS:
        raise HTTPException(404)
    return Response((STATIC / name).read_bytes(), media_type=_KINDS[name])


ROUTES: Final = (Route("/static/{name}", show),)
