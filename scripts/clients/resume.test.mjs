// An unmodified pusher-js with the add-on that plenum serves at /plenum-pusher.js. Connections are cut, and a server restarts.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { backendAt, clientOf, closeAll, connected, key, next, secret, subscribed, until } from "./fixture.mjs";
import { relayTo, startPlenum } from "./server.mjs";

let server, backend, relay, resume;

before(async () => {
  await start();
  relay = await relayTo(server.address);
  const module = await (await fetch(`http://${server.address}/plenum-pusher.js`)).text();
  ({ resume } = await import(`data:text/javascript,${encodeURIComponent(module)}`));
});

afterEach(() => {
  relay.restore();
  relay.release();
});

after(async () => {
  closeAll();
  relay.close();
  await server.kill();
});

async function start() {
  server = await startPlenum("--apps", JSON.stringify([{ id: "1", key, secret, "client-events": true }]), "--history-messages", "5");
  backend = backendAt(server.address);
}

// opened returns a connected client behind the relay, which resumes.
const opened = (id = "7") => connected(resume(clientOf(id, key, relay.address)));

// recorded subscribes to a channel, and returns a list that gets the data of each event n, and of each gap.
async function recorded(client, name) {
  const channel = client.subscribe(name), list = [];
  for (const event of ["n", "plenum:gap"]) channel.bind(event, (data) => list.push(data));
  await subscribed(client, name);
  return list;
}

async function publish(channel, ...numbers) {
  for (const n of numbers) assert.equal((await backend.trigger(channel, "n", n)).status, 200);
}

// away cuts the connection of a client, which comes back after the action.
async function away(client, action) {
  const again = next(client.connection, "connected");
  relay.cut();
  await action();
  relay.restore();
  await again;
}

const kinds = ["news", "private-orders", "presence-team", "private-encrypted-notes", "cache-price", "private-encrypted-cache-keys"];

test("events that are published while the connection is lost arrive once and in order", async () => {
  const client = await opened();
  const lists = await Promise.all(kinds.map((name) => recorded(client, name)));
  const receive = async (...all) => {
    await until(() => lists.every((list) => list.at(-1) === all.at(-1)), `${all} in ${JSON.stringify(lists)}`);
    for (const list of lists) assert.deepEqual(list, all);
  };
  for (const name of kinds) await publish(name, 1);
  await receive(1);
  await away(client, async () => { for (const name of kinds) await publish(name, 2, 3); });
  await receive(1, 2, 3);
  await away(client, () => {}); // nothing is missing now
  for (const name of kinds) await publish(name, 4);
  await receive(1, 2, 3, 4);
  client.disconnect();
});

test("a gap is told if the history does not reach back, and the events after the gap arrive", async () => {
  const client = await opened();
  const names = ["gap-news", "private-encrypted-gap"];
  const lists = await Promise.all(names.map((name) => recorded(client, name)));
  for (const name of names) await publish(name, 1);
  await until(() => lists.every((list) => list.length === 1));
  await away(client, async () => { for (const name of names) await publish(name, 2, 3, 4, 5, 6, 7, 8, 9); });
  await until(() => lists.every((list) => list.at(-1) === 9));
  for (const [one, { epoch, ...gap }, ...rest] of lists) assert.deepEqual([one, gap, rest], [1, { from: 2, to: 4 }, [5, 6, 7, 8, 9]]);
  client.disconnect();
});

test("a new epoch is told as a gap, and the next reconnect resumes in it", async () => {
  const client = await opened();
  const list = await recorded(client, "epochs");
  await publish("epochs", 1);
  await until(() => list.length === 1);
  await away(client, async () => {
    await server.kill(); // a server without --data forgets the history
    await start();
    relay.server = server.address;
    await publish("epochs", 2, 3);
  });
  await until(() => list.at(-1) === 3);
  const [{ epoch, ...gap }] = list.splice(1, 1);
  assert.equal(typeof epoch, "string");
  assert.deepEqual(gap, { from: 1, to: 0 }, "nothing of the new epoch is missing");
  await away(client, () => publish("epochs", 4));
  await until(() => list.at(-1) === 4);
  assert.deepEqual(list, [1, 2, 3, 4]);
  client.disconnect();
});

test("an event to a user arrives once, also between the signin and the subscription to the user's channel", async () => {
  const client = await opened("9"), list = [];
  client.user.bind("n", (n) => list.push(n));
  client.connection.bind("message", ({ event }) => event === "pusher:signin_success" && relay.hold()); // keeps the subscription
  const subscribes = async () => {
    const mark = relay.passed.length;
    relay.release();
    await until(() => relay.passed.indexOf("subscription_succeeded", mark) > 0);
  };
  client.signin();
  await until(() => relay.passed.includes("signin_success"));
  await backend.sendToUser("9", "n", 1);
  await until(() => list.length === 1);
  await subscribes();
  await away(client, async () => {
    relay.passed = "";
    await backend.sendToUser("9", "n", 2);
  });
  await until(() => relay.passed.includes("signin_success"));
  await backend.sendToUser("9", "n", 3);
  await until(() => relay.passed.includes(`"data":"3"`));
  await subscribes();
  await until(() => list.at(-1) === 3);
  await backend.sendToUser("9", "n", 4);
  await until(() => list.at(-1) === 4);
  assert.deepEqual(list, [1, 2, 3, 4]);
  client.disconnect();
});

test("a client event from before the subscription does not follow the event of a cache channel", async () => {
  const name = "private-cache-rate", sender = await connected(clientOf("8", key, server.address));
  const sent = next(await subscribed(sender, name), "n");
  await publish(name, 1);
  await sent;
  sender.channel(name).trigger("client-n", {});
  await subscribed(sender, "presence-after"); // the server has the client event
  const client = await opened(), list = await recorded(client, name);
  client.channel(name).bind("client-n", () => list.push("client-n"));
  await until(() => list.length === 1);
  await away(client, () => publish(name, 2));
  await until(() => list.at(-1) === 2);
  assert.deepEqual(list, [1, 2]);
  client.disconnect();
});

test("the members of a presence channel are right after a reconnect, and each change is told once", async () => {
  const observer = await connected(clientOf("1", key, server.address));
  const seen = await subscribed(observer, "presence-room");
  const added = (id) => until(() => seen.members.get(id), `user ${id} is added`);
  const removed = (id) => until(() => !seen.members.get(id), `user ${id} is removed`);
  const [stays, goes] = await Promise.all(["2", "3"].map((id) => connected(clientOf(id, key, server.address))));
  for (const client of [stays, goes]) await subscribed(client, "presence-room");
  const client = await opened("7");
  const channel = await subscribed(client, "presence-room"), told = [];
  for (const id of ["2", "3", "7"]) await added(id);
  for (const kind of ["added", "removed"]) channel.bind(`pusher:member_${kind}`, ({ id }) => told.push(`${kind} ${id}`));
  channel.bind("n", (n) => told.push(n));
  await away(client, async () => {
    await removed("7");
    goes.disconnect();
    await removed("3");
    const comes = await connected(clientOf("4", key, server.address));
    await subscribed(comes, "presence-room");
    await added("4");
  });
  await added("7");
  stays.disconnect();
  await removed("2");
  await publish("presence-room", 1);
  await until(() => told.includes(1));
  const ids = [];
  channel.members.each(({ id }) => ids.push(id));
  assert.deepEqual([ids.sort(), channel.members.count, channel.members.me.id], [["1", "4", "7"], 3, "7"]);
  assert.deepEqual(told, ["removed 2", 1], "the list at the reconnect has told the other changes");
  client.disconnect();
});

test("a channel that was unsubscribed begins anew", async () => {
  const client = await opened();
  const list = await recorded(client, "left");
  await publish("left", 1);
  await until(() => list.length === 1);
  await away(client, async () => {
    client.unsubscribe("left");
    await publish("left", 2);
  });
  const again = await recorded(client, "left");
  await publish("left", 3);
  await until(() => again.length > 0);
  assert.deepEqual([list, again], [[1], [3]]);
  client.disconnect();
});

test("the add-on must be called before the client is connected", async () => {
  const client = await connected(clientOf("7", key, relay.address));
  assert.throws(() => resume(client), /call resume directly after new Pusher/);
  client.disconnect();
});
