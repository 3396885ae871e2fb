"""Words that Streamlit writes by itself, and in English only, said in the language of the page where that needs no more than a style.

A style finds what it replaces by the ids that Streamlit keeps for tests; should one go, its words are English again, and nothing breaks.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.language import ENGLISH, current, t

STYLE = """<style>
[data-testid="stFileUploaderDropzone"] button p {{ display: none }}
[data-testid="stFileUploaderDropzone"] button [data-testid="stMarkdownContainer"]::after {{ content: {upload} }}
[data-testid="stFileUploaderDropzone"] > input + div:not([data-testid], :has(button)) {{ font-size: 0 }}
[data-testid="stFileUploaderDropzone"] > input + div:not([data-testid], :has(button))::after {{ content: {drop}; font-size: 1rem }}
[data-testid="stFileUploaderDropzoneInstructions"] > * {{ display: none }}
[data-testid="stFileUploaderDropzoneInstructions"]::after {{
    content: var(--limit);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-size: 0.875rem;
    color: color-mix(in srgb, currentColor 60%, transparent);
}}
[data-testid="InputInstructions"] > span:first-child {{ display: none }}
[data-testid="InputInstructions"]::before {{ content: {enter} }}
[data-testid="stTextArea"] [data-testid="InputInstructions"]::before {{ content: {lines_enter} }}
[data-testid="stStatusWidget"] button {{ font-size: 0 }}
[data-testid="stStatusWidget"] button::after {{ content: {stop}; font-size: 1rem }}
</style>"""
LIMIT = "<style>.st-key-{key} {{ --limit: {words} }}</style>"


def translate() -> None:
    """Once in each run, after the language was settled."""
    if current() != ENGLISH:
        words = {
            "upload": t("Upload"),
            "drop": t("Drop the files here"),
            "enter": t("Enter applies it"),
            "lines_enter": t("Ctrl or Command with Enter applies it"),
            "stop": t("Stop"),
        }
        st.html(STYLE.format(**{name: _quoted(text) for name, text in words.items()}))


def file_uploader(label: str, kinds: Sequence[str], key: str, place: ModuleType | DeltaGenerator = st, **more: Any) -> Any:
    """Streamlit's, which says how large a file may be and of which kinds it takes some. key: of letters, digits and dashes."""
    if current() != ENGLISH:
        size = t("Up to {size} MB for each file", size=st.get_option("server.maxUploadSize"))
        st.html(LIMIT.format(key=key, words=_quoted(f"{size} · {', '.join(kinds).upper()}")))
    return place.file_uploader(label, kinds, key=key, **more)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
