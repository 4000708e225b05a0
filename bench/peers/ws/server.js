// The peer with ws on Node: one process, a set of sockets per room. It follows the README of ws:
// the server broadcast, several servers on one HTTP server, and the detection of broken connections.
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { WebSocket, WebSocketServer } from "ws";

const { values } = parseArgs({
  options: {
    listen: { type: "string", default: "127.0.0.1:0" },
    "ping-period": { type: "string", default: "15s" },
  },
});
const listen = new URL(`http://${values.listen}`);
const pingPeriod = milliseconds(values["ping-period"]);

// A member with more unsent bytes than this is closed.
const maxBuffered = 1024 * 1024;

// Rooms exist until the process ends, so that their sequences continue after they were empty.
const rooms = new Map();

// Clients that were closed because they read too slowly.
let slow = 0;

const options = { noServer: true, maxPayload: 64 * 1024 };
const chat = new WebSocketServer(options);
const echo = new WebSocketServer(options);

chat.on("connection", (socket, name, user) => {
  const room = roomOf(name);
  room.members.add(socket);
  watch(socket);
  socket.on("close", () => room.members.delete(socket));
  socket.on("message", (data, isBinary) => {
    if (!isBinary) publish(room, user, data.toString());
  });
});

echo.on("connection", (socket) => {
  watch(socket);
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});

function roomOf(name) {
  if (!rooms.has(name)) rooms.set(name, { name, seq: 0, members: new Set() });
  return rooms.get(name);
}

// The JSON is encoded once. The frame's header is built for each member, because ws has no
// documented way to send a frame that was built before.
function publish(room, sender, text) {
  room.seq++;
  const envelope = { sender, text, room: room.name, timestamp: Date.now(), seq: room.seq };
  const data = Buffer.from(JSON.stringify(envelope));
  for (const member of room.members) {
    if (member.readyState !== WebSocket.OPEN) continue;
    if (member.bufferedAmount > maxBuffered) {
      slow++;
      room.members.delete(member);
      member.terminate();
      continue;
    }
    member.send(data, { binary: false });
  }
}

function watch(socket) {
  socket.isAlive = true;
  socket.on("pong", () => (socket.isAlive = true));
  socket.on("error", () => {}); // "close" follows
}

function ping(socket) {
  if (!socket.isAlive) return socket.terminate();
  socket.isAlive = false;
  socket.ping();
}

if (pingPeriod > 0) {
  setInterval(() => {
    chat.clients.forEach(ping);
    echo.clients.forEach(ping);
  }, pingPeriod);
}

const server = createServer((_, response) => response.writeHead(404).end("not found"));

server.on("upgrade", (request, socket, head) => {
  const url = new URL(request.url, "http://peer");
  const room = /^\/ws\/chat\/([^/]*)$/.exec(url.pathname)?.[1];
  if (room !== undefined) {
    const user = url.searchParams.get("username") || "Anonymous";
    const name = decodeURIComponent(room) || "general";
    chat.handleUpgrade(request, socket, head, (client) => chat.emit("connection", client, name, user));
  } else if (url.pathname === "/echo/raw") {
    echo.handleUpgrade(request, socket, head, (client) => echo.emit("connection", client));
  } else {
    socket.destroy();
  }
});

server.listen(Number(listen.port || 0), listen.hostname, () => {
  const { address, port } = server.address();
  console.log(`peer ws serves http://${address}:${port}/`);
});

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => {
    if (slow > 0) console.error(`ws closed ${slow} slow clients`);
    process.exit(0);
  });
}

function milliseconds(duration) {
  const match = /^(\d+)s?$/.exec(duration);
  if (!match) throw new Error(`bad --ping-period ${duration}: whole seconds, as in 15s`);
  return Number(match[1]) * 1000;
}
