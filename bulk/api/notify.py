"""Telling another program, by one POST of JSON, what came of a job. No key of ours goes there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx

from bulk import __version__
from bulk.api.credentials import is_loopback


def check_url(url: str) -> str:
    """What is wrong with an address that is to be told, "" if it can be: https, or http on this machine."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and parts.port != 0
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        sound = False
    if not sound or not url.isprintable() or " " in url or "\\" in url:
        return "it is no address"
    if parts.scheme.lower() == "http" and not is_loopback(parts.hostname or ""):
        return "use https:// (http:// is for this machine only)"
    return ""


async def post(url: str, data: Mapping[str, Any], patience: float) -> str:
    """Send it once, in so many seconds; why it did not arrive, "" if it did. No text of it quotes the address."""
    headers = {"User-Agent": f"activecampaign-bulk/{__version__}", "Content-Type": "application/json"}
    content = json.dumps(data).encode()
    here = is_loopback(urlsplit(url).hostname or "")
    try:
        with anyio.fail_after(patience):
            async with httpx.AsyncClient(timeout=patience, trust_env=not here) as client:
                request = client.build_request("POST", url, headers=headers, content=content)
                reply = await client.send(request, stream=True)
                await reply.aclose()  # what it says does not matter
    except TimeoutError:
        return f"there was no answer within {patience:g} s"
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:  # a proxy that is none raises the last
        return f"it could not be reached ({type(error).__name__})"
    return "" if reply.is_success else f"it answered {reply.status_code}"
