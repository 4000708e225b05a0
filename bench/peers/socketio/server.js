// The peer with Socket.IO on Node: one process, its rooms and its in-memory adapter, over WebSocket
// only. Clients emit "join" and "publish", and receive "message".
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { Server } from "socket.io";

const { values } = parseArgs({
  options: {
    listen: { type: "string", default: "127.0.0.1:0" },
    "ping-period": { type: "string", default: "15s" },
  },
});
const listen = new URL(`http://${values.listen}`);

// Sequences exist until the process ends, as in the other peers.
const sequences = new Map();

// Clients that did not answer a ping, because they read too slowly or not at all.
let slow = 0;

const server = createServer();
const io = new Server(server, {
  transports: ["websocket"],
  serveClient: false,
  maxHttpBufferSize: 64 * 1024,
  pingInterval: milliseconds(values["ping-period"]),
});

io.on("connection", (socket) => {
  const user = socket.handshake.query.username || "Anonymous";
  socket.on("join", (room, joined) => {
    socket.join(room);
    joined();
  });
  socket.on("publish", (room, text) => publish(room, user, text));
  socket.on("disconnect", (reason) => {
    if (reason === "ping timeout") slow++;
  });
});

// The packet and its frame are built once, by the adapter.
function publish(room, sender, text) {
  const seq = (sequences.get(room) ?? 0) + 1;
  sequences.set(room, seq);
  io.to(room).emit("message", { sender, text, room, timestamp: Date.now(), seq });
}

server.listen(Number(listen.port || 0), listen.hostname, () => {
  const { address, port } = server.address();
  console.log(`peer socketio serves http://${address}:${port}/`);
});

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => {
    if (slow > 0) console.error(`socketio closed ${slow} clients at a ping timeout`);
    process.exit(0);
  });
}

// Socket.IO cannot turn pings off. 0 is a day.
function milliseconds(duration) {
  const match = /^(\d+)s?$/.exec(duration);
  if (!match) throw new Error(`bad --ping-period ${duration}: whole seconds, as in 15s`);
  return (Number(match[1]) || 24 * 60 * 60) * 1000;
}
