// What the tests of the JavaScript libraries share: the app, a back end, and clients of users.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
export const Pusher = require("pusher-js");
const Backend = require("pusher");
const nacl = require("tweetnacl");

export const key = "278d425bdf160c739803";
const [host, port] = (process.env.PLENUM ?? "127.0.0.1:8080").split(":");
const app = { appId: "1", key, secret: "7ad3773142a6692b25b8", host, port, useTLS: false, encryptionMasterKeyBase64: Buffer.alloc(32, 7).toString("base64") };
const timeout = 10_000; // ms

export const backend = new Backend(app);
export const stranger = new Backend({ ...app, secret: "not the secret of the app" });

const opened = [];

// clientOf returns a client that authorizes itself by the back end, as the user with this id.
export function clientOf(id, withKey = key) {
  const user = { user_id: id, user_info: { name: `user ${id}` } };
  const client = new Pusher(withKey, {
    wsHost: host, wsPort: port, forceTLS: false, enabledTransports: ["ws"], cluster: "", nacl,
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

export async function connected(client) {
  if (client.connection.state !== "connected") await next(client.connection, "connected");
  return client;
}

export async function subscribed(client, name) {
  const channel = client.subscribe(name);
  if (!channel.subscribed) await next(channel, "pusher:subscription_succeeded");
  return channel;
}
