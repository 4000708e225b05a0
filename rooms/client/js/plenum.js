// A client for plenum's /ws: many rooms on one connection. It reconnects by itself and
// resumes at its position in each room. For browsers and Node 22 or later:
//
//   import { Plenum } from "/plenum.js";
//   const room = new Plenum({ name: "Alex" }).join("general", { history: true });
//   room.onmessage = ({ sender, text, event, data, room, timestamp, seq }) => {};
//   const seq = await room.publish("Hello everyone!");

const backoff = { min: 250, max: 30_000, busy: 1_000, stable: 5_000, limit: 300_000 }; // all times in ms
const timeouts = { open: 30_000, answer: 10_000, idle: 30_000 };
const maxPending = 1_000; // commands without an answer
const permanent = /^(not_allowed|bad_)/; // error codes: do not join the room again

const failure = (code, message) => Object.assign(new Error(message), { code });

// An exception in a handler of the program does not stop the caller.
function call(handler, event) {
  try { handler?.(event); } catch (error) { setTimeout(() => { throw error; }); }
}

// A Room is a room that the program has joined, also while there is no connection. Its
// position is the epoch and the seq of the last message received.
class Room {
  onjoin; // ({ room, epoch, seq, members, recovered }): joined; also after each reconnect
  onmessage; // (message): each once and in order
  ongap; // ({ from, to, … }): these are lost. newEpoch: so are messages of the old epoch; to may be 0
  onerror; // (error): the server refused the room; it is left
  // For Plenum.
  joined = false; // on the current connection
  joinedBefore = false;
  waiting = []; // commands to send when joined
  error; // the room is left because of it
  epoch;
  seq;
  #newEpoch = false;
  #plenum;

  constructor(plenum, name, since) {
    this.#plenum = plenum;
    this.name = name;
    if (!since) return;
    const [, epoch, seq] = /^(.*):(\d+)$/.exec(since);
    this.epoch = epoch;
    this.seq = Number(seq);
  }

  // position is a since for join; undefined until the room is joined.
  get position() { return this.epoch === undefined ? undefined : `${this.epoch}:${this.seq}`; }

  // publish waits for the room, sends a text or { text, event, data } once, and resolves to its
  // seq. It rejects with the server's error code, or "unknown" if the connection was lost. Unsent:
  // "not_joined" after leave, "offline" after close.
  async publish(content) {
    const { text, event, data } = content instanceof Object ? content : { text: content };
    return (await this.#request({ type: "publish", text, event, data })).seq;
  }

  // members resolves to { members, cursor, infos }. The last cursor is empty.
  members(cursor = "", infos) { return this.#request({ type: "members", cursor, infos }); }

  leave() { this.#plenum.leave(this); }

  #request(command) { return this.#plenum.request(this, { ...command, room: this.name }); }

  // For Plenum. A gap follows if messages are lost.
  enter({ epoch, seq }) {
    this.#newEpoch = Boolean(this.epoch) && this.epoch !== epoch;
    if (this.epoch !== epoch) this.seq = this.epoch === undefined ? seq : 0;
    this.epoch = epoch;
    this.joined = this.joinedBefore = true;
  }

  // For Plenum.
  receive(frame) {
    if (frame.type === "gap") return this.#missed(frame.from, frame.to);
    if (!Number.isInteger(frame.seq) || frame.seq <= this.seq) return;
    if (frame.seq > this.seq + 1) this.#missed(this.seq + 1, frame.seq - 1);
    this.seq = frame.seq;
    call(this.onmessage, frame);
  }

  #missed(from, to) {
    const newEpoch = this.#newEpoch;
    this.#newEpoch = false;
    this.seq = Math.max(this.seq, to);
    call(this.ongap, { room: this.name, from, to, epoch: this.epoch, newEpoch });
  }
}

// A Plenum is a connection. It reconnects until it is closed.
export class Plenum {
  onstate; // (state)
  // state is "connecting", "open", "waiting" until a Date.now(), or "closed" for good. The
  // last two have the close code and the reason.
  state = { state: "connecting" };
  #url;
  #token;
  #rooms = new Map(); // by name
  #pending = new Map(); // by id, commands sent
  #lastID = 0;
  #socket;
  #generation = 0; // of connections and their ends
  #failures = 0;
  #openedAt;
  #mayHurry = true; // the server did not ask to wait
  #retryTimer;
  #watchdog;
  #received = false;
  #listeners = new AbortController();

  // url is the /ws of a server, by default this module's. token is a string, or a function
  // that returns or promises one, called before each connection.
  constructor({ url = new URL("ws", import.meta.url), name, token } = {}) {
    this.#url = new URL(url, globalThis.location?.href);
    this.#url.protocol = this.#url.protocol.replace("http", "ws");
    if (name) this.#url.searchParams.set("username", name);
    this.#token = token;
    const { signal } = this.#listeners;
    const wake = () => this.#wake();
    globalThis.addEventListener?.("online", wake, { signal });
    globalThis.document?.addEventListener("visibilitychange", wake, { signal });
    queueMicrotask(() => { if (!this.#generation) this.#connect(); });
  }

  // join returns the room, which is joined on each connection. history: with all retained
  // messages, after a gap if others are lost; since: with the messages after a position.
  join(name, { history = false, since = history ? ":0" : undefined } = {}) {
    name ||= "general";
    let room = this.#rooms.get(name);
    if (room) return room;
    room = new Room(this, name, since);
    this.#rooms.set(name, room);
    if (this.state.state === "closed") this.#remove(room, failure("offline", "closed"));
    else this.#sendJoin(room);
    return room;
  }

  retry() { if (this.state.state === "waiting") this.#connect(); }

  // refresh replaces the token. A room that it forbids is left.
  async refresh(token) {
    if (typeof this.#token !== "function") this.#token = token;
    if (this.state.state === "open") return new Promise((...answer) => this.#trySend({ type: "refresh", token }, ...answer));
  }

  close() { this.#end(1000, ""); }

  // For Room.
  leave(room) {
    if (room.error) return;
    this.#remove(room, failure("not_joined", "left"));
    this.#trySend({ type: "leave", room: room.name });
  }

  // For Room: promises the answer.
  request(room, fields) {
    return new Promise((resolve, reject) => {
      if (room.error) throw room.error;
      if (this.#pending.size + room.waiting.length >= maxPending) throw failure("busy", "too many commands wait");
      const command = this.#command(fields, resolve, reject);
      if (room.joined) this.#send(command);
      else room.waiting.push(command);
    });
  }

  #remove(room, error) {
    this.#rooms.delete(room.name);
    room.joined = false;
    room.error = error;
    for (const { reject } of room.waiting.splice(0)) reject(error);
  }

  #expel(room, error) {
    this.#remove(room, error);
    call(room.onerror, error);
  }

  #command(fields, resolve, reject) {
    const id = ++this.#lastID;
    return { id, text: JSON.stringify({ ...fields, id }), resolve, reject };
  }

  #send(command) {
    this.#pending.set(command.id, command);
    this.#socket.send(command.text);
    if (this.#pending.size === 1) this.#watch(timeouts.answer);
  }

  #trySend(fields, resolve, reject) {
    if (this.state.state === "open") this.#send(this.#command(fields, resolve, reject));
  }

  // sendJoin uses no promise: the next frame may be for the room.
  #sendJoin(room) {
    const generation = this.#generation;
    const current = () => generation === this.#generation && !room.error;
    this.#trySend({ type: "join", since: room.position, room: room.name }, (answer) => {
      if (!current()) return;
      room.enter(answer);
      for (const command of room.waiting.splice(0)) this.#send(command);
      call(room.onjoin, answer);
    }, (error) => {
      if (!current()) return;
      if (room.joinedBefore && !permanent.test(error.code)) return setTimeout(() => current() && this.#sendJoin(room), backoff.stable);
      this.#expel(room, error);
    });
  }

  async #connect() {
    const generation = ++this.#generation;
    clearTimeout(this.#retryTimer);
    this.#set("connecting");
    let token = this.#token;
    try {
      if (typeof token === "function") token = await token();
    } catch (error) {
      if (generation === this.#generation) this.#closed({ code: 0, reason: `No token: ${error}` });
      return;
    }
    if (generation === this.#generation) this.#open(token);
  }

  #open(token) {
    try {
      this.#socket = new WebSocket(this.#url, token ? ["bearer", token] : []);
    } catch (error) { // invalid URL or token
      return this.#end(0, error.message);
    }
    this.#socket.onopen = () => this.#opened();
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = (event) => this.#closed(event);
    this.#socket.onerror = () => { // Node calls no onclose if the handshake fails
      if (this.state.state !== "open") this.#closed({ code: 1006, reason: "" });
    };
    this.#watch(timeouts.open);
  }

  #opened() {
    this.#openedAt = performance.now();
    this.#watch(timeouts.idle);
    this.state = { state: "open" };
    for (const room of this.#rooms.values()) this.#sendJoin(room); // before onstate joins others
    call(this.onstate, this.state);
  }

  #receive(data) {
    this.#received = true;
    let frame;
    try { frame = JSON.parse(data); } catch { return; }
    const room = this.#rooms.get(frame?.room);
    if (frame?.id === undefined) return room?.joined && (frame.type === "left" ? this.#expel(room, failure(frame.code, "left")) : room.receive(frame));
    const command = this.#pending.get(frame.id);
    this.#pending.delete(frame.id);
    if (frame.type === "error") command?.reject?.(failure(frame.code, frame.message));
    else command?.resolve?.(frame);
  }

  // watch sends a ping if nothing is received, or replaces the connection if an answer is due.
  #watch(time) {
    clearTimeout(this.#watchdog);
    this.#received = false;
    this.#watchdog = setTimeout(() => {
      const idle = this.state.state === "open" && !this.#pending.size;
      if (this.#received) this.#watch(idle ? timeouts.idle : timeouts.answer);
      else if (idle) this.#trySend({ type: "ping" });
      else this.#closed({ code: 1006, reason: "No answer" });
    }, time);
  }

  // wake reconnects, unless the server asked to wait, or pings: the network or the reader is back.
  #wake() {
    if (globalThis.document?.hidden) return;
    if (this.#mayHurry) this.retry();
    this.#trySend({ type: "ping" });
  }

  #closed({ code, reason }) {
    if (code === 1008 && reason !== "Rate limit" || code === 4001 && typeof this.#token !== "function") return this.#end(code, reason);
    this.#drop();
    if (performance.now() - this.#openedAt > backoff.stable) this.#failures = 0;
    this.#openedAt = undefined;
    const delay = (code === 1012 || code === 1013) && /retry in (\d+) ms/.exec(reason)?.[1];
    const slow = code === 1013 || code === 1008 ? backoff.busy : 0;
    const jitter = Math.random() * Math.min(backoff.max, backoff.min * 2 ** this.#failures++);
    const wait = delay ? Math.min(Number(delay), backoff.limit) : slow + jitter;
    this.#mayHurry = !delay && !slow;
    this.#retryTimer = setTimeout(() => this.#connect(), wait);
    this.#set("waiting", { until: Date.now() + wait, code, reason });
  }

  #end(code, reason) {
    if (this.state.state === "closed") return;
    this.#drop();
    for (const room of this.#rooms.values()) this.#remove(room, failure("offline", "closed"));
    clearTimeout(this.#retryTimer);
    this.#listeners.abort();
    this.#set("closed", { code, reason });
  }

  #drop() {
    this.#generation++;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    socket?.close(1000);
    clearTimeout(this.#watchdog);
    for (const room of this.#rooms.values()) room.joined = false;
    for (const { reject } of this.#pending.values()) reject?.(failure("unknown", "the connection was lost"));
    this.#pending.clear();
  }

  #set(state, more) {
    this.state = { state, ...more };
    call(this.onstate, this.state);
  }
}
