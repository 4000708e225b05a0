// A second load client, which shares no code and no language with plenum-bench. crosscheck.py runs both.
//   node client.mjs URL PID ROOMS MEMBERS RATE SECONDS
// It opens ROOMS x MEMBERS connections, sends RATE messages per second to each room for SECONDS, and prints one line of JSON. If RATE
// is 0, it only opens the connections. PID is the process of the server. Its processor time and memory are read from /proc.
import net from "node:net";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

const [url, pid, rooms, members, rate, seconds] = process.argv.slice(2).map((a, i) => (i ? Number(a) : a));
const stat = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
const cpuSeconds = () => (Number(stat()[11]) + Number(stat()[12])) / 100; // user and system, in ticks of 10 ms
const residentBytes = () => Number(stat()[21]) * 4096;
const late = []; // for each delivery, the ms since its message was due
let received = 0;

// frame is a masked frame with the mask 0 (RFC 6455 section 5.2), of less than 64 KiB.
function frame(opcode, payload) {
  const size = payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...size, 0, 0, 0, 0]), payload]);
}

// read handles the complete frames in bytes, and returns the rest.
function read(socket, bytes) {
  for (;;) {
    let at = 2, size = bytes.length < 2 ? Infinity : bytes[1];
    if (size === 126) [size, at] = bytes.length < 4 ? [Infinity, 4] : [bytes.readUInt16BE(2), 4];
    if (bytes.length < at + size) return bytes;
    const payload = bytes.subarray(at, at + size), mark = payload.indexOf("due=");
    if (bytes[0] === 0x89) socket.write(frame(0xa, payload));
    if (mark >= 0) late.push(performance.now() - parseFloat(payload.latin1Slice(mark + 4, mark + 20))), received++;
    bytes = bytes.subarray(at + size);
  }
}

function open(room, user) {
  const { hostname, port, pathname, search } = new URL(url.replace("{room}", `r${room}`).replace("{user}", `u${user}`));
  const socket = net.connect({ host: hostname, port, noDelay: true });
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`);
  let rest = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    socket.once("error", reject).once("data", (head) => {
      if (!head.latin1Slice(0, 12).endsWith("101")) reject(new Error(head.toString()));
      rest = read(socket, head.subarray(head.indexOf("\r\n\r\n") + 4));
      socket.on("data", (bytes) => (rest = read(socket, rest.length ? Buffer.concat([rest, bytes]) : bytes)));
      resolve(socket);
    });
  });
}

// A timer of Node has a resolution of 1 ms, so several messages would leave together. This clock waits in a thread.
const clock = new Worker(`const { parentPort } = require("node:worker_threads"), cell = new Int32Array(new SharedArrayBuffer(4));
parentPort.on("message", (ms) => (Atomics.wait(cell, 0, 0, ms), parentPort.postMessage(0)));`, { eval: true });
const nextDue = (due) => (clock.postMessage(Math.max(0, due - performance.now())), once(clock, "message"));

const sockets = [], all = rooms * members, first = Math.ceil(all / 5), memory = [];
for (const goal of [first, all]) {
  while (sockets.length < goal) // room by room, 50 at a time
    sockets.push(...(await Promise.all(Array.from({ length: Math.min(50, goal - sockets.length) }, (_, j) => open(Math.floor((sockets.length + j) / members), sockets.length + j)))));
  await sleep(3000);
  memory.push(residentBytes());
}
const cpu = cpuSeconds(), start = performance.now(), total = rate * rooms * seconds;
for (let sent = 0; sent < total; await nextDue(start + (sent * 1000) / (rate * rooms)))
  for (let due; sent < total && (due = start + (sent * 1000) / (rate * rooms)) <= performance.now(); sent++)
    sockets[(sent % rooms) * members + (Math.floor(sent / rooms) % members)].write(frame(1, Buffer.from(`due=${due.toFixed(6).padEnd(16, "0")}`.padEnd(128, "x"))));
for (let i = 0; i < 100 && received < total * members; i++) await sleep(100);
late.sort((a, b) => a - b);
const out = { sent: total, delivered: received, missing: total * members - received, bytes_per_connection: Math.round((memory[1] - memory[0]) / (all - first)) };
if (total) Object.assign(out, { p50_ms: late[late.length >> 1], p99_ms: late[Math.floor(late.length * 0.99)], cpu_us_per_delivery: ((cpuSeconds() - cpu) * 1e6) / received });
console.log(JSON.stringify(out));
process.exit(out.missing ? 1 : 0);
