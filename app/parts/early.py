"""What the browser fetches while the first answer is being made: the parts of Streamlit that draw maps, charts and tables.

Streamlit asks for a part when the first element that needs it arrives. They are large: to read one takes a browser as long as a forecast
takes the server, and the one need not wait for the other.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import streamlit as st

PARTS = ("DeckGlJsonChart", "PlotlyChart", "DataFrame")  # in the order in which a page shows them
BEGIN = """<script>
if (!window.early) {
  window.early = true
  for (const part of PARTS) import(part)
  document.createElement("canvas").getContext("webgl2")?.getExtension("WEBGL_lose_context")?.loseContext()
}
</script>"""
SCRIPTS = Path(st.__file__).parent / "static" / "static" / "js"


def fetch() -> None:
    """At the start of a run, in a place that is not seen: the browser begins to read them, once, and wakes what it draws maps with."""
    with st.container(key="early"):
        st.html(BEGIN.replace("PARTS", json.dumps(parts())), unsafe_allow_javascript=True)


@cache
def parts() -> list[str]:
    """Where the browser finds them, from any page; a part that this version of Streamlit does not have is left out."""
    return [f"./static/js/{file.name}" for name in PARTS for file in SCRIPTS.glob(f"{name}.*.js")]
