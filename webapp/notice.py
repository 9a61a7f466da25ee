"""A page by itself, without scripts or files: for when nothing else can be shown."""

import re
from collections.abc import Mapping
from html import escape
from types import MappingProxyType

from starlette.responses import HTMLResponse

from pipeline.artifacts import BUILD_COMMAND

# Seconds until the page looks again.
AGAIN = 5

_STYLE = """
:root { color-scheme: light dark; --ground: #f6f7f9; --surface: #fff; --ink: #1c2430; --muted: #586374;
  --line: #e1e5eb; --code: #f0f1fe; --edge: #7d8796; --alert: #fdecec; --ring: #4f4fe0; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0e1218; --surface: #161b22; --ink: #e6eaf0; --muted: #9aa7b8;
    --line: #2a323d; --code: #20233a; --edge: #6b7787; --alert: #43202a; --ring: #8f8fff; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px; background: var(--ground); color: var(--ink);
  font: 16px/1.55 Inter, system-ui, sans-serif; }
main { width: 100%; max-width: 560px; padding: 40px; background: var(--surface); border: 1px solid var(--line); border-radius: 16px; }
.brand { display: flex; align-items: center; gap: 10px; margin: 0 0 28px; font-weight: 600; }
h1 { margin: 0 0 12px; font-size: 26px; line-height: 1.25; letter-spacing: -0.01em; }
p { margin: 0 0 16px; overflow-wrap: anywhere; }
pre { margin: 0 0 20px; padding: 14px 16px; overflow-x: auto; background: var(--code); border-radius: 10px; }
code { font: 14px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
p code { white-space: nowrap; padding: 1px 5px; background: var(--code); border-radius: 5px; }
.note { margin: 0; color: var(--muted); font-size: 14px; }
.note a { color: inherit; }
label { display: block; margin: 0 0 6px; font-size: 14px; font-weight: 500; }
input { width: 100%; margin: 0 0 18px; padding: 11px 13px; font: inherit; color: inherit; background: var(--ground);
  border: 1px solid var(--edge); border-radius: 10px; }
button, .button { display: block; width: 100%; margin: 6px 0 0; padding: 12px 16px; font: inherit; font-weight: 600; text-align: center;
  text-decoration: none; color: #fff; background: #4f4fe0; border: 0; border-radius: 10px; cursor: pointer; }
button:hover, .button:hover { background: #4040c8; }
:focus-visible { outline: 3px solid var(--ring); outline-offset: 2px; }
.alert { padding: 12px 14px; background: var(--alert); border-radius: 10px; font-size: 15px; }
@media (max-width: 480px) { main { padding: 28px 22px; } h1 { font-size: 23px; } }
"""
_MARK = (
    '<svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#5a5aff"/>'
    '<circle cx="11" cy="12" r="4" fill="#fff"/><circle cx="21.5" cy="11" r="2.6" fill="#fff" opacity=".75"/>'
    '<circle cx="20" cy="21" r="5" fill="#fff" opacity=".9"/><circle cx="10.5" cy="21.5" r="2" fill="#fff" opacity=".6"/></svg>'
)


def no_run(reason: str) -> HTMLResponse:
    """Says why no run can be shown and what to do; the browser looks again by itself."""
    said = reason.removesuffix(f" Run `{BUILD_COMMAND}`.")
    command, note = "", ""
    if said != reason:
        command = f"<p>Run this, and come back:</p><pre><code>{escape(BUILD_COMMAND)}</code></pre>"
        note = "Without files of yours a build makes data up. "
    body = (
        f"<h1>There is nothing to show yet</h1><p>{_with_code(said)}</p>{command}"
        f'<p class="note">{note}This page looks again every {AGAIN} seconds.</p>'
    )
    # `Refresh` as a header: the page stays free of what would reload it where it is kept.
    return page("Nothing to show yet", body, status=503, headers={"Retry-After": str(AGAIN), "Refresh": str(AGAIN)})


def failed() -> HTMLResponse:
    """Says that a request failed through a fault of ours."""
    body = '<h1>Something went wrong</h1><p>The fault is ours and stands in the log.</p><p class="note">Go back, or reload the page.</p>'
    return page("Something went wrong", body, status=500)


def refused(message: str, status: int) -> HTMLResponse:
    """Says that a request goes no further."""
    heading = "Wait a moment" if status == 429 else "This stays closed"
    body = f'<h1>{heading}</h1><p>{escape(message)}</p><p class="note"><a href="/">Back to the overview</a></p>'
    return page(heading, body, status=status)


def page(title: str, body: str, *, status: int, headers: Mapping[str, str] = MappingProxyType({})) -> HTMLResponse:
    """A page with no more on it than its body, which is HTML."""
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title} · Clientele</title><link rel="icon" href="data:,"><style>{_STYLE}</style></head>'
        f'<body><main><p class="brand">{_MARK} Clientele</p>{body}</main></body></html>'
    )
    return HTMLResponse(html, status, {"Cache-Control": "no-store", **headers})


def _with_code(text: str) -> str:
    """Text for HTML; what stands between backticks is a command."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
