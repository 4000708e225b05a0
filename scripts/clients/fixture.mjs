// What the tests of the JavaScript libraries share: the app, a back end, and clients of users.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
export const Pusher = require("pusher-js");
const Backend = require("pusher");
const nacl = require("tweetnacl");

export const key = "278d425bdf160c739803";
export const secret = "7ad3773142a6692b25b8";
const nodes = (process.env.PLENUM ?? "127.0.0.1:8080").split(",");
const encryptionMasterKeyBase64 = Buffer.alloc(32, 7).toString("base64");
const timeout = 10_000; // ms

// backendAt returns the back end of the app for the server at an address.
export function backendAt(address, withSecret = secret) {
  const [host, port] = address.split(":");
  return new Backend({ appId: "1", key, secret: withSecret, host, port, useTLS: false, encryptionMasterKeyBase64 });
}

export const backend = backendAt(nodes.at(-1));
export const stranger = backendAt(nodes.at(-1), "not the secret of the app");

// pusher-js keeps a timer of 30 s for each connection that the server has closed. It must not delay the end of the tests.
const { setTimeout } = globalThis;
globalThis.setTimeout = (act, time, ...more) => (time === 30_000 ? setTimeout(act, time, ...more).unref() : setTimeout(act, time, ...more));

const opened = [];

// clientOf returns a client that authorizes itself by the back end, as the user with this id. By default clients use the nodes in
// turn.
export function clientOf(id, withKey = key, address = nodes[opened.length % nodes.length]) {
  const [wsHost, wsPort] = address.split(":");
  const user = { user_id: id, user_info: { name: `user ${id}` } };
  const client = new Pusher(withKey, {
    wsHost, wsPort, forceTLS: false, enabledTransports: ["ws"], cluster: "", nacl,
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, done) =>
        done(null, backend.authorizeChannel(socketId, channelName, channelName.startsWith("presence-") ? user : undefined)),
    },
    userAuthentication: { customHandler: ({ socketId }, done) => done(null, backend.authenticateUser(socketId, { id, name: `user ${id}` })) },
  });
  opened.push(client);
  return client;
}

export function closeAll() {
  for (const client of opened) client.disconnect();
}

// next resolves to the arguments of the next event of a channel, a connection or a client.
export function next(emitter, event) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no ${event} within ${timeout} ms`)), timeout);
    const handler = (...args) => {
      clearTimeout(late);
      emitter.unbind(event, handler);
      resolve(args);
    };
    emitter.bind(event, handler);
  });
}

// eventually repeats a check until it succeeds. In a cluster, a node learns the counts of the others up to a second later.
export async function eventually(check) {
  for (const end = Date.now() + timeout; ; ) {
    try {
      return await check();
    } catch (failure) {
      if (Date.now() > end) throw failure;
    }
    await new Promise((soon) => setTimeout(soon, 20));
  }
}

export async function connected(client) {
  if (client.connection.state !== "connected") await next(client.connection, "connected");
  return client;
}

// until waits for a condition.
export const until = (met, what = met) =>
  eventually(() => {
    if (!met()) throw new Error(`not within ${timeout} ms: ${what}`);
  });

export async function subscribed(client, name) {
  const channel = client.subscribe(name);
  if (!channel.subscribed) await next(channel, "pusher:subscription_succeeded");
  return channel;
}
