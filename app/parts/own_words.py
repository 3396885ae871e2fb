"""Words that Streamlit writes by itself, and in English only, said in the language of the page where that needs no more than a style."""

from __future__ import annotations

import json

import streamlit as st

from app.language import ENGLISH, current, t

STYLE = """<style>
[data-testid="stFileUploaderDropzone"] button p {{ display: none }}
[data-testid="stFileUploaderDropzone"] button [data-testid="stMarkdownContainer"]::after {{ content: {upload} }}
[data-testid="stStatusWidget"] button {{ font-size: 0 }}
[data-testid="stStatusWidget"] button::after {{ content: {stop}; font-size: 1rem }}
</style>"""


def translate() -> None:
    """Once in each run, after the language was settled."""
    if current() != ENGLISH:
        st.html(STYLE.format(upload=_quoted(t("Upload")), stop=_quoted(t("Stop"))))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
