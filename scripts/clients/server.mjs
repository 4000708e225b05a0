// A plenum of a test, and a network in front of it that fails when the test wants it to.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";

const binary = fileURLToPath(new URL("plenum", import.meta.url)); // scripts/clients.sh builds it

// startPlenum starts a server on a free port. kill ends it without a goodbye.
export async function startPlenum(...settings) {
  const server = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--admin", "", ...settings], { stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(server, "exit");
  const [line] = await Promise.race([once(server.stdout, "data"), ended.then(([status]) => { throw new Error(`plenum ended with status ${status}`); })]);
  const address = /^plenum serves http:\/\/([\d.:]+)\//.exec(line)[1];
  return { address, kill: () => { server.kill("SIGKILL"); return ended; } };
}

// relayTo returns a relay, which passes connections on to the server at an address.
export async function relayTo(address) {
  const sockets = new Set();
  const waiting = [];
  let away = false, held = false;
  const relay = {
    address: undefined, // of the relay
    server: address,
    passed: "", // what the server has sent
    // cut closes all connections. New ones wait until restore: pusher-js waits for 15 s if one is refused.
    cut() {
      away = true;
      for (const socket of [...sockets, ...waiting.splice(0)]) socket.destroy();
    },
    restore() {
      away = false;
      for (const client of waiting.splice(0)) carry(client);
    },
    // hold keeps what clients send, until release.
    hold() { held = true; },
    release() {
      held = false;
      for (const socket of sockets) socket.emit("released");
    },
    close() {
      relay.cut();
      listener.close();
    },
  };
  const carry = (client) => {
    const [host, port] = relay.server.split(":");
    const server = connect(port, host);
    for (const [one, other] of [[client, server], [server, client]]) {
      sockets.add(one);
      one.on("error", () => {}); // close follows
      one.on("close", () => { sockets.delete(one); other.destroy(); });
    }
    const kept = [];
    client.on("data", (bytes) => (held ? kept.push(bytes) : server.write(bytes)));
    client.on("released", () => { for (const bytes of kept.splice(0)) server.write(bytes); });
    server.on("data", (bytes) => { relay.passed += bytes; client.write(bytes); });
  };
  const listener = createServer((client) => (away ? waiting.push(client) : carry(client)));
  await new Promise((listening) => listener.listen(0, "127.0.0.1", listening));
  relay.address = `127.0.0.1:${listener.address().port}`;
  return relay;
}
