"""What each address asks of its visitors. What no rule lets through stays closed."""

from dataclasses import dataclass

from webapp.access.visitor import Role

FORM, PARTS, JSON = "application/x-www-form-urlencoded", "multipart/form-data", "application/json"
LOGIN, LOGIN_PROVIDER, LOGIN_BACK, LOGOUT = "/login", "/login/provider", "/login/back", "/logout"
_READ = frozenset({"GET", "HEAD"})
_SEND = frozenset({"POST"})


@dataclass(frozen=True)
class Rule:
    """Who may ask for addresses of a kind, and how.

    Attributes:
        path: The address; where it ends with a slash, the beginning of all that are meant.
        methods: Which methods of HTTP.
        is_open: Whether somebody who did not sign in may.
        role: The least that somebody who did has to be.
        takes: The one type of content that may be sent.
        action: What is noted when it is done; empty for what is not noted here.
        any_host: Whether it is answered by whatever name the server is called: platforms ask for health by the machine's.
        is_active: Whether a person does it; what pages do by themselves keeps no session alive.
    """

    path: str
    methods: frozenset[str] = _READ
    is_open: bool = False
    role: Role = "manager"
    takes: str = ""
    action: str = ""
    any_host: bool = False
    is_active: bool = True

    def covers(self, path: str) -> bool:
        """Whether an address is meant."""
        return path.startswith(self.path) if self.path.endswith("/") else path == self.path


METRICS = Rule("/metrics", role="analyst", is_active=False)
RULES = (
    Rule("/healthz", is_open=True, any_host=True),
    Rule("/readyz", is_open=True, any_host=True),
    Rule(LOGIN, is_open=True),
    Rule(LOGIN, _SEND, is_open=True, takes=FORM),
    Rule(LOGIN_PROVIDER, is_open=True),
    Rule(LOGIN_BACK, is_open=True),
    Rule(LOGOUT, _SEND, takes=FORM),
    METRICS,
    Rule("/run", is_active=False),
    Rule("/runs/label/", _SEND, role="analyst", takes=FORM, action="run label"),
    Rule("/runs/", _SEND, role="analyst", takes=FORM, action="run switch"),
    Rule("/download/", role="analyst", action="export"),
    Rule("/audiences/", _SEND, role="analyst", takes=FORM, action="campaign"),
    Rule("/audiences/", role="analyst", action="export"),
    Rule("/scoring/jobs/", role="analyst", is_active=False),
    Rule("/scoring/results/", role="analyst", action="export"),
    Rule("/scoring/", _SEND, role="analyst", takes=PARTS, action="upload"),
    Rule("/reports/jobs/", role="analyst", is_active=False),
    Rule("/reports/files/", role="analyst", action="export"),
    Rule("/reports/", _SEND, role="analyst", takes=JSON, action="report"),
    Rule("/lookup/gradio_api/run/predict", _SEND, takes=JSON),
    Rule("/_dash-update-component", _SEND, takes=JSON),
    Rule("/"),
)


def rule_of(path: str, method: str) -> Rule | None:
    """The rule of a request; None if there is none. The first that covers its address decides which addresses are meant."""
    first = next((rule.path for rule in RULES if rule.covers(path)), None)
    return next((rule for rule in RULES if rule.path == first and method in rule.methods), None)
