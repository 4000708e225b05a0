// The peer with Bun's built-in WebSocket. Rooms are topics, and uWebSockets delivers the
// messages. It is one process, because topics do not span processes.
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    listen: { type: "string", default: "127.0.0.1:0" },
    "ping-period": { type: "string", default: "15s" },
    "backpressure-limit": { type: "string", default: `${16 * 1024 * 1024}` },
  },
});
const listen = new URL(`http://${values.listen}`);
const pingPeriod = seconds(values["ping-period"]);
const backpressureLimit = bytes(values["backpressure-limit"]);

// A member of a room has a room and a user, a connection in many rooms only a user, and an echo
// connection neither.
type Data = { room?: string; user?: string };

// Sequences exist until the process ends, as in the other peers.
const sequences = new Map<string, number>();

// Publishes that exceeded a member's backpressure limit; the member is closed.
let dropped = 0;

const server = Bun.serve<Data>({
  hostname: listen.hostname,
  port: Number(listen.port || 0),
  fetch(request, server) {
    const url = new URL(request.url);
    const data = route(url);
    if (data && server.upgrade(request, { data })) return;
    return new Response("not found", { status: 404 });
  },
  websocket: {
    perMessageDeflate: false,
    maxPayloadLength: 64 * 1024,
    sendPings: pingPeriod > 0,
    idleTimeout: idleTimeout(pingPeriod),
    backpressureLimit,
    closeOnBackpressureLimit: true,
    open(ws) {
      if (ws.data.room !== undefined) ws.subscribe(ws.data.room);
    },
    message(ws, message) {
      const { room, user } = ws.data;
      if (user === undefined) {
        ws.send(message);
        return;
      }
      if (typeof message !== "string") return;
      if (room !== undefined) {
        publish(room, user, message);
        return;
      }
      const [, command, name, text] = /^(join|publish) (\S+) ?([^]*)$/.exec(message) ?? [];
      if (command === "join") ws.subscribe(name);
      if (command === "publish") publish(name, user, text);
    },
  },
});

console.log(`peer bun serves http://${server.hostname}:${server.port}/`);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    if (dropped > 0) console.error(`bun closed slow clients at ${dropped} publishes`);
    process.exit(0);
  });
}

function publish(room: string, user: string, text: string) {
  const seq = (sequences.get(room) ?? 0) + 1;
  sequences.set(room, seq);
  const envelope = { sender: user, text, room, timestamp: Date.now(), seq };
  if (server.publish(room, JSON.stringify(envelope)) === 0) dropped++;
}

function route(url: URL): Data | undefined {
  if (url.pathname === "/echo/raw") return {};
  const user = url.searchParams.get("username") || "Anonymous";
  if (url.pathname === "/topics") return { user };
  const match = /^\/ws\/chat\/([^/]*)$/.exec(url.pathname);
  if (!match) return undefined;
  return { room: decodeURIComponent(match[1]) || "general", user };
}

function seconds(duration: string): number {
  const match = /^(\d+)s?$/.exec(duration);
  if (!match) throw new Error(`bad --ping-period ${duration}: whole seconds, as in 15s`);
  return Number(match[1]);
}

function bytes(number: string): number {
  if (!/^[1-9]\d*$/.test(number)) throw new Error(`bad --backpressure-limit ${number}: bytes are needed`);
  return Number(number);
}

// uWebSockets pings a silent client before its idle timeout: 8 s before a timeout of 16 to
// 31 s, 4 s before a shorter and 16 s before a longer one. It counts in steps of 4 s.
function idleTimeout(period: number): number {
  if (period === 0) return 0;
  const before = period < 8 ? 4 : period <= 22 ? 8 : 16;
  return Math.min(Math.ceil(period / 4) * 4 + before, 960);
}
