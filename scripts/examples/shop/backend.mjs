// The back end of the example shop, for Node 22 or later. README.md describes its requests and variables.
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";

const variables = ["PLENUM_URL", "PLENUM_JWT_SECRET", "PLENUM_API_KEY", "SHOP_LINK_SECRET", "SHOP_WAREHOUSE_KEY", "SHOP_PORT"];
const [plenum, jwtSecret, apiKey, linkSecret, warehouseKey, port] = variables.map((name) => process.env[name]);
if (!variables.every((name) => process.env[name])) throw new Error(`set ${variables.join(", ")}`);
const page = readFileSync(new URL("page.html", import.meta.url));
const statuses = ["paid", "packed", "shipped", "delivered"];

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const sign = (secret, text) => createHmac("sha256", secret).update(text).digest("base64url");
const link = (user) => `${user}.${sign(linkSecret, user)}`; // in the user's mails
const same = (a, b) => timingSafeEqual(Buffer.from(sign(linkSecret, a)), Buffer.from(sign(linkSecret, b))); // in constant time
const isName = (value) => typeof value === "string" && /^[\w-]{1,64}$/.test(value);

// mint returns a token with which a page receives the user's events for 10 minutes. It allows nothing else.
function mint(user) {
  const claims = { sub: user, exp: Math.floor(Date.now() / 1000) + 600, plenum: { rooms: [], publish: false } };
  const content = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${content}.${sign(jwtSecret, content)}`;
}

// publish sends an event to all pages of the user. If it throws, the event may or may not have been sent.
async function publish(user, event, data) {
  const response = await fetch(`${plenum}/api/rooms/${encodeURIComponent(`#user:${user}`)}/messages`, {
    method: "POST", headers: { Authorization: `Bearer ${apiKey}` }, body: JSON.stringify({ sender: "Shop", event, data }),
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`plenum answered ${response.status}: ${await response.text()}`);
}

async function update(request) {
  if (!(request.headers["content-length"] <= 500)) return [413, { error: "the body must have at most 500 bytes" }];
  const { user, order, status } = await json(request).catch(() => null) ?? {};
  if (!isName(user) || !isName(order)) return [400, { error: "want user and order, of 1 to 64 letters, digits, - and _" }];
  if (!statuses.includes(status)) return [400, { error: `status must be one of ${statuses.join(", ")}` }];
  await publish(user, "order", { order, status });
  return [202, { order, status }];
}

async function answer(request) {
  const key = request.headers.authorization?.replace("Bearer ", "") ?? "", user = key.slice(0, key.lastIndexOf("."));
  switch (`${request.method} ${request.url.split("?")[0]}`) {
    case "GET /": return [200, page];
    case "GET /session": return same(key, link(user)) ? [200, { user, plenum, token: mint(user) }] : [403, { error: "this link is not valid" }];
    case "POST /orders": return same(key, warehouseKey) ? update(request) : [403, { error: "this is not the warehouse's key" }];
    default: return [404, { error: "no such page" }];
  }
}

createServer(async (request, response) => {
  const [status, content] = await answer(request).catch((error) => {
    console.error(error);
    return [502, { error: "plenum did not confirm the event; repeat the request" }];
  });
  response.writeHead(status, { "Cache-Control": "no-store", "Content-Type": content === page ? "text/html; charset=utf-8" : "application/json" });
  response.end(content === page ? page : JSON.stringify(content));
}).listen(port, "127.0.0.1", () => {
  for (const user of ["Alex", "Bea"]) console.log(`${user}: http://127.0.0.1:${port}/#${link(user)}`);
});
