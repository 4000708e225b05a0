"""The back end of the example shop, for Python 3.9 or later. README.md describes its requests and variables."""
import base64, hmac, json, os, pathlib, re, time, traceback
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

VARIABLES = "PLENUM_URL", "PLENUM_JWT_SECRET", "PLENUM_API_KEY", "SHOP_LINK_SECRET", "SHOP_WAREHOUSE_KEY", "SHOP_PORT"
PLENUM, JWT_SECRET, API_KEY, LINK_SECRET, WAREHOUSE_KEY, PORT = (os.environ.get(name) for name in VARIABLES)
if not all(os.environ.get(name) for name in VARIABLES):
    raise SystemExit(f"set {', '.join(VARIABLES)}")
PAGE = pathlib.Path(__file__).with_name("page.html").read_bytes()
STATUSES = "paid", "packed", "shipped", "delivered"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(secret, text):
    return encode(hmac.digest(secret.encode(), text.encode(), "sha256"))


def link(user):  # in the user's mails
    return f"{user}.{sign(LINK_SECRET, user)}"


def same(a, b):  # in constant time
    return hmac.compare_digest(a.encode(), b.encode())


def is_name(value):
    return isinstance(value, str) and re.fullmatch("[A-Za-z0-9_-]{1,64}", value)


def mint(user):
    """Return a token with which a page receives the user's events for 10 minutes. It allows nothing else."""
    claims = {"sub": user, "exp": int(time.time()) + 600, "plenum": {"rooms": [], "publish": False}}
    content = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{content}.{sign(JWT_SECRET, content)}"


def publish(user, event, data):
    """Send an event to all pages of the user. If it raises, the event may or may not have been sent."""
    url = f"{PLENUM}/api/rooms/{quote(f'#user:{user}', safe='')}/messages"
    body = json.dumps({"sender": "Shop", "event": event, "data": data}).encode()
    try:
        urlopen(Request(url, body, {"Authorization": f"Bearer {API_KEY}"}), timeout=5).close()
    except HTTPError as error:
        raise OSError(f"plenum answered {error.code}: {error.read().decode()}") from None


def update(headers, rfile):
    length = headers.get("Content-Length", "")
    if not re.fullmatch("[0-9]{1,3}", length) or int(length) > 500:
        return 413, {"error": "the body must have at most 500 bytes"}
    try:
        body = json.loads(rfile.read(int(length)))
    except ValueError:
        body = None
    user, order, status = (body.get(key) for key in ("user", "order", "status")) if isinstance(body, dict) else (None,) * 3
    if not is_name(user) or not is_name(order):
        return 400, {"error": "want user and order, of 1 to 64 letters, digits, - and _"}
    if status not in STATUSES:
        return 400, {"error": f"status must be one of {', '.join(STATUSES)}"}
    publish(user, "order", {"order": order, "status": status})
    return 202, {"order": order, "status": status}


class Shop(BaseHTTPRequestHandler):
    timeout = 10  # seconds for which a client may be silent

    def answer(self):
        key = self.headers.get("Authorization", "").replace("Bearer ", "", 1)
        user = key.rpartition(".")[0]
        route = f"{self.command} {self.path.partition('?')[0]}"
        if route == "GET /":
            return 200, PAGE
        if route == "GET /session":
            if not same(key, link(user)):
                return 403, {"error": "this link is not valid"}
            return 200, {"user": user, "plenum": PLENUM, "token": mint(user)}
        if route == "POST /orders":
            if not same(key, WAREHOUSE_KEY):
                return 403, {"error": "this is not the warehouse's key"}
            return update(self.headers, self.rfile)
        return 404, {"error": "no such page"}

    def do_GET(self):
        try:
            status, content = self.answer()
        except (OSError, HTTPException):
            traceback.print_exc()
            status, content = 502, {"error": "plenum did not confirm the event; repeat the request"}
        self.send_response(status)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Type", "text/html; charset=utf-8" if content is PAGE else "application/json")
        self.end_headers()
        self.wfile.write(content if content is PAGE else json.dumps(content).encode())

    do_POST = do_GET


server = ThreadingHTTPServer(("127.0.0.1", int(PORT)), Shop)
for name in "Alex", "Bea":
    print(f"{name}: http://127.0.0.1:{PORT}/#{link(name)}", flush=True)
server.serve_forever()
