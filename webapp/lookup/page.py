"""Gradio's page made ours: its scripts get the request's nonce, what calls out goes, and a header comes."""

import re
from html import escape
from pathlib import Path
from urllib.parse import quote

from pipeline import formats
from webapp.lookup.blocks import THEME_COOKIE
from webapp.snapshot import Snapshot
from webapp.theme import Theme

_SESSION = (Path(__file__).parents[1] / "assets" / "early" / "session.js").read_text(encoding="utf-8")
_CSS = (Path(__file__).with_name("lookup.css")).read_text(encoding="utf-8")
# Cards for other sites, with pictures from there, and a manifest at an address that is not Gradio's.
_DROPPED = re.compile(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>|<link rel="manifest"[^>]*>')
_HEAD = """<title>Customer lookup · Clientele</title>
<meta name="color-scheme" content="light dark">
<link rel="icon" href="{icon}" type="image/svg+xml">
<style>{css}</style>"""
_MARK = "data:image/svg+xml," + quote(
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' rx='8' fill='#5a5aff'/><g fill='#fff'>"
    "<circle cx='11' cy='12' r='4'/><circle cx='21.5' cy='11' r='2.6' opacity='.75'/><circle cx='20' cy='21' r='5' opacity='.9'/>"
    "<circle cx='10.5' cy='21.5' r='2' opacity='.6'/></g></svg>"
)
# Before anything is drawn: the theme of the address, of the application or of the system. The server reads the cookie for the map.
_SCRIPT = f"""(() => {{
  const system = matchMedia("(prefers-color-scheme: dark)");
  const asked = new URLSearchParams(location.search).get("__theme");
  const kept = (document.cookie.match(/(?:^|; )theme=(dark|light)/) || [])[1];
  const chosen = ["dark", "light"].includes(asked) ? asked : kept;
  const apply = () => {{
    const theme = chosen || (system.matches ? "dark" : "light");
    document.body.classList.toggle("dark", theme === "dark");
    document.cookie = `{THEME_COOKIE}=${{theme}}; path=${{location.pathname}}; samesite=strict`;
  }};
  apply();
  system.addEventListener("change", apply);
}})();"""


def dress(html: str, snapshot: Snapshot, *, nonce: str, theme: Theme | None, home: bool, who: str = "") -> str:
    """The page to send.

    Args:
        html: As Gradio made it; what it holds of data is escaped, so every script tag in it is Gradio's own.
        snapshot: Whose date and demo mark the header bears.
        nonce: Of this request.
        theme: The one that was chosen in the application; None follows the system.
        home: Whether the application is there to link to.
        who: Who is signed in; empty where nobody has to.
    """
    html = _DROPPED.sub("", html)
    html = html.replace("<head>", f"<head>\n{_HEAD.format(icon=_MARK, css=_CSS)}", 1)
    chosen = f' theme_mode="{theme}"' if theme else ""
    html = html.replace(
        "<gradio-app", f"<script>{_SESSION}{_SCRIPT}</script>\n{_header(snapshot, home=home, who=who)}\n<gradio-app{chosen}", 1
    )
    return html.replace("<script", f'<script nonce="{nonce}"')


def _header(snapshot: Snapshot, *, home: bool, who: str) -> str:
    brand = f'<img src="{_MARK}" alt="" width="28" height="28"><span>Clientele</span>'
    brand = f'<a class="lk-brand" href="/">{brand}</a>' if home else f'<span class="lk-brand">{brand}</span>'
    as_of = [record.as_of for record in snapshot.datasets.values() if record.as_of]
    run = f"Built {formats.day(snapshot.run.manifest.created_at)}" + (f" · data to {formats.day(max(as_of))}" if as_of else "")
    back = '<a class="lk-back" href="/">Back to the overview</a>' if home else ""
    return (
        f'<header><div class="lk-top"><div>{brand}<span class="lk-run">{run}</span>{back}{_leaving(who)}</div></div>{_banner(snapshot)}'
        '<div class="lk-title"><h1>Customer lookup</h1>'
        "<p>Type a customer id: who this is, what to do, and where on the map.</p></div></header>"
    )


def _leaving(who: str) -> str:
    if not who:
        return ""
    name = escape(who)
    return (
        f'<form class="lk-leaving" method="post" action="/logout"><span class="lk-signed-in" title="{name}">{name}</span>'
        f'<button class="lk-back" aria-label="Sign out {name}">Sign out</button></form>'
    )


def _banner(snapshot: Snapshot) -> str:
    made_up = [record.title for record in snapshot.datasets.values() if record.demo]
    if not made_up:
        return ""
    return f'<p class="lk-banner" role="note"><b>Made-up data:</b> {escape(formats.listed(made_up))}. Nobody here exists.</p>'
