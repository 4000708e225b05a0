// Unmodified libraries for JavaScript against plenum: pusher-js, laravel-echo, and pusher for back ends.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import Echo from "laravel-echo";
import { backend, clientOf, closeAll, connected, eventually, key, next, stranger, subscribed } from "./fixture.mjs";

let alice, bob;
const hooks = []; // events of valid webhooks
const receiver = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const hook = backend.webhook({ headers: request.headers, rawBody: Buffer.concat(parts).toString() });
    if (hook.isValid()) hooks.push(...hook.getEvents());
    response.writeHead(hook.isValid() ? 200 : 401).end();
  });
});

before(async () => {
  await new Promise((listening) => receiver.listen(18199, "127.0.0.1", listening));
  alice = await connected(clientOf("7"));
  bob = await connected(clientOf("8"));
});

after(() => {
  closeAll();
  receiver.closeAllConnections();
  receiver.close();
});

// hooked waits for a webhook with these fields.
const hooked = (wanted) =>
  eventually(() => assert.ok(hooks.some((event) => Object.entries(wanted).every(([name, value]) => event[name] === value)), `no webhook ${JSON.stringify(wanted)} in ${JSON.stringify(hooks)}`));

test("a public channel receives an event of the back end", async () => {
  const channel = await subscribed(alice, "my-channel");
  const event = next(channel, "my-event");
  const { status } = await backend.trigger("my-channel", "my-event", { hello: "wörld" });
  assert.equal(status, 200);
  assert.deepEqual((await event)[0], { hello: "wörld" });
});

test("an event goes to several channels, and the answer counts subscriptions", async () => {
  await subscribed(alice, "my-channel");
  await eventually(async () => {
    const response = await backend.trigger(["my-channel", "nobody-here"], "news", {}, { info: "subscription_count" });
    assert.deepEqual(await response.json(), { channels: { "my-channel": { subscription_count: 1 }, "nobody-here": { subscription_count: 0 } } });
  });
});

test("an event leaves out the socket that caused it", async () => {
  const [mine, others] = [await subscribed(alice, "left-out"), await subscribed(bob, "left-out")];
  const received = [];
  mine.bind("first", () => received.push("first"));
  const second = next(mine, "second");
  const first = next(others, "first");
  await backend.trigger("left-out", "first", {}, { socket_id: alice.connection.socket_id });
  await backend.trigger("left-out", "second", {});
  await Promise.all([first, second]);
  assert.deepEqual(received, []);
});

test("a client event in a private channel goes to all but its sender", async () => {
  const [mine, others] = [await subscribed(alice, "private-room"), await subscribed(bob, "private-room")];
  const received = [];
  mine.bind("client-typing", () => received.push("mine"));
  const typing = next(others, "client-typing");
  mine.trigger("client-typing", { who: "alice" });
  assert.deepEqual((await typing)[0], { who: "alice" });
  const answer = next(mine, "client-answer");
  others.trigger("client-answer", {});
  await answer;
  assert.deepEqual(received, []);
  await hooked({ name: "client_event", channel: "private-room", event: "client-typing" });
});

test("a presence channel lists its users, and tells of those who come and go", async () => {
  const mine = await subscribed(alice, "presence-room");
  const added = next(mine, "pusher:member_added");
  const others = await subscribed(bob, "presence-room");
  assert.deepEqual((await added)[0], { id: "8", info: { name: "user 8" } });
  assert.equal(others.members.count, 2);
  assert.deepEqual(others.members.get("7"), { id: "7", info: { name: "user 7" } });
  assert.deepEqual(others.members.me, { id: "8", info: { name: "user 8" } });
  await hooked({ name: "member_added", channel: "presence-room", user_id: "8" });

  const event = next(others, "client-hello");
  mine.trigger("client-hello", {});
  assert.deepEqual((await event)[1], { user_id: "7" }, "the server says who has sent it");
  assert.deepEqual(await (await backend.get({ path: "/channels/presence-room/users" })).json(), { users: [{ id: "7" }, { id: "8" }] });

  const removed = next(mine, "pusher:member_removed");
  bob.unsubscribe("presence-room");
  assert.equal((await removed)[0].id, "8");
  assert.equal(mine.members.count, 1);
  await hooked({ name: "member_removed", channel: "presence-room", user_id: "8" });
});

test("a second connection of a user is not announced, and the user stays until the last one leaves", async () => {
  const watcher = await subscribed(alice, "presence-tabs");
  const events = [];
  watcher.bind_global((event, data) => /member/.test(event) && events.push([event, data.id]));
  const first = await connected(clientOf("9"));
  const added = next(watcher, "pusher:member_added");
  await subscribed(first, "presence-tabs");
  await added;
  const second = await connected(clientOf("9"));
  const tab = await subscribed(second, "presence-tabs");
  assert.equal(tab.members.count, 2);
  first.disconnect();
  const hello = next(watcher, "client-still-here");
  tab.trigger("client-still-here", {});
  await hello;
  const removed = next(watcher, "pusher:member_removed");
  second.disconnect();
  await removed;
  assert.deepEqual(events.filter(([event]) => event.startsWith("pusher:")), [["pusher:member_added", "9"], ["pusher:member_removed", "9"]]);
});

test("an encrypted channel is opaque to the server", async () => {
  const event = next(await subscribed(alice, "private-encrypted-room"), "secret");
  await backend.trigger("private-encrypted-room", "secret", { answer: 42 });
  assert.deepEqual((await event)[0], { answer: 42 });
});

test("a cache channel gives its latest event to a newcomer", async () => {
  const channel = alice.subscribe("cache-price");
  await next(channel, "pusher:cache_miss");
  const event = next(channel, "price");
  await backend.trigger("cache-price", "price", { euros: 5 });
  await event;
  const cached = next(bob.subscribe("cache-price"), "price");
  assert.deepEqual((await cached)[0], { euros: 5 });
  const { cache } = await (await backend.get({ path: "/channels/cache-price", params: { info: "cache" } })).json();
  assert.equal(cache.data, '{"euros":5}');
});

for (const id of ["11", "team/11"]) test(`user ${id}, who has signed in, receives events, and can be disconnected`, async () => {
  const carol = await connected(clientOf(id));
  const signedIn = next(carol, "pusher:signin_success");
  carol.signin();
  await signedIn;
  const note = next(carol.user, "note");
  await backend.sendToUser(id, "note", { n: 1 });
  assert.deepEqual((await note)[0], { n: 1 });
  const ended = next(carol.connection, "state_change");
  await backend.terminateUserConnections(id);
  assert.equal((await ended)[0].previous, "connected");
});

test("a batch of events arrives in its order", async () => {
  const channel = await subscribed(alice, "batched");
  const received = [];
  channel.bind_global((event) => received.push(event));
  const last = next(channel, "three");
  await backend.triggerBatch(["one", "two", "three"].map((name) => ({ channel: "batched", name, data: {} })));
  await last;
  assert.deepEqual(received, ["one", "two", "three"]);
});

test("the back end sees which channels are occupied", async () => {
  await subscribed(alice, "occupied-a");
  await eventually(async () => {
    const response = await backend.get({ path: "/channels", params: { filter_by_prefix: "occupied-" } });
    assert.deepEqual(await response.json(), { channels: { "occupied-a": {} } });
  });
  await hooked({ name: "channel_occupied", channel: "occupied-a" });
  alice.unsubscribe("occupied-a");
  await hooked({ name: "channel_vacated", channel: "occupied-a" });
});

test("a wrong signature and an unknown key are refused", async () => {
  await assert.rejects(stranger.trigger("a", "b", {}), { status: 401 });
  const refused = next(clientOf("1", `${key}0`).connection, "error");
  assert.equal((await refused)[0].error.data.code, 4001);
});

test("laravel-echo listens in a private channel, and joins a presence channel", async () => {
  const echo = new Echo({ broadcaster: "pusher", client: await connected(clientOf("12")) });
  const shipped = new Promise((event) => echo.private("orders").listen(".shipped", event).subscribed(() => backend.trigger("private-orders", "shipped", { id: 3 })));
  assert.deepEqual(await shipped, { id: 3 });
  const here = await new Promise((users) => echo.join("office").here(users));
  assert.deepEqual(here, [{ name: "user 12" }]);
});
