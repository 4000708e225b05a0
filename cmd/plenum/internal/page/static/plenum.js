// A client for plenum's /ws: many rooms on one connection, which comes back by itself and
// goes on where it was. For browsers and Node 22 or later:
//
//   import { Plenum } from "/plenum.js";
//   const room = new Plenum({ name: "Alex" }).join("general", { history: true });
//   room.onmessage = ({ sender, text, room, timestamp, seq }) => {};
//   const seq = await room.publish("Hello everyone!");

const backoff = { least: 250, most: 30_000, busy: 1_000, steady: 5_000, longest: 300_000 };
const patience = { opening: 30_000, answer: 10_000, idle: 30_000 };
const mostAsked = 1_000; // commands without an answer
const final = /^(not_allowed|bad_)/; // codes after which a room is not joined again

const failure = (code, message) => Object.assign(new Error(message), { code });

// tell calls a program's handler. What the handler throws does not end the caller.
function tell(handler, event) {
  try { handler?.(event); } catch (error) { setTimeout(() => { throw error; }); }
}

// A Room is one that the program is in, also without a connection. Its place is epoch and
// seq: what it has heard of which life of the room.
class Room {
  onjoin; // ({ room, epoch, seq, members, recovered }): joined, again after each reconnect; the rest follows
  onmessage; // (message), each once and in order
  ongap; // ({ from, to, … }): these are lost. anew: so is what followed in the room's last life; to may be 0
  onerror; // (error): the server did not let it in, error.code says why; the room is left
  // Owned by Plenum.
  here = false; // joined on the present connection
  again = false; // joined before
  waiting = []; // commands
  error; // why it is left
  epoch;
  seq;
  #anew = false;
  #plenum;

  constructor(plenum, name, since) {
    this.#plenum = plenum;
    this.name = name;
    if (!since) return;
    const [, epoch, seq] = /^(.*):(\d+)$/.exec(since);
    this.epoch = epoch;
    this.seq = Number(seq);
  }

  // place is what join takes as since; undefined before the first join is answered.
  get place() { return this.epoch === undefined ? undefined : `${this.epoch}:${this.seq}`; }

  // publish waits for the room, sends once, and resolves to the message's seq. It rejects
  // with a server's error; if it was not sent with "not_joined" after leave and "offline"
  // after close; with "unknown" if the connection was lost before the answer.
  async publish(text) { return (await this.#ask({ type: "publish", text })).seq; }

  // members resolves to { members, cursor }: a page of names; an empty cursor is the last page's.
  members(cursor = "") { return this.#ask({ type: "members", cursor }); }

  leave() { this.#plenum.forget(this); }

  #ask(command) { return this.#plenum.ask(this, { ...command, room: this.name }); }

  // For Plenum. The server says by a gap what is lost.
  joined({ epoch, seq }) {
    this.#anew = Boolean(this.epoch) && this.epoch !== epoch;
    if (this.epoch !== epoch) this.seq = this.epoch === undefined ? seq : 0;
    this.epoch = epoch;
    this.here = this.again = true;
  }

  // For Plenum.
  hear(frame) {
    if (frame.type === "gap") return this.#missed(frame.from, frame.to);
    if (!Number.isInteger(frame.seq) || frame.seq <= this.seq) return;
    if (frame.seq > this.seq + 1) this.#missed(this.seq + 1, frame.seq - 1);
    this.seq = frame.seq;
    tell(this.onmessage, frame);
  }

  #missed(from, to) {
    const anew = this.#anew;
    this.#anew = false;
    this.seq = Math.max(this.seq, to);
    tell(this.ongap, { room: this.name, from, to, epoch: this.epoch, anew });
  }
}

// A Plenum is a connection to a server, or the wait for one, until close.
export class Plenum {
  onstate; // (state)
  // state is "connecting", "open", "waiting" until a time of Date.now(), or "closed" for good;
  // the last two with the close code and the reason.
  state = { state: "connecting" };
  #url;
  #token;
  #rooms = new Map(); // by name
  #asked = new Map(); // by id, commands that were sent
  #lastID = 0;
  #socket;
  #try = 0; // counts connections, and their ends
  #attempts = 0; // since a connection lasted
  #openedAt;
  #hurry = true; // the wait is not the server's wish
  #retry; // timer
  #silence; // timer
  #heard = false;
  #listening = new AbortController();

  // url is the server's /ws, by default that beside this module. token is a string, or a
  // function that returns or promises one, which is asked before each connection.
  constructor({ url = new URL("ws", import.meta.url), name, token } = {}) {
    this.#url = new URL(url, globalThis.location?.href);
    this.#url.protocol = this.#url.protocol.replace("http", "ws");
    if (name) this.#url.searchParams.set("username", name);
    this.#token = token;
    const { signal } = this.#listening;
    const wake = () => this.#wake();
    globalThis.addEventListener?.("online", wake, { signal });
    globalThis.document?.addEventListener("visibilitychange", wake, { signal });
    queueMicrotask(() => { if (!this.#try) this.#connect(); });
  }

  // join returns the room, which is joined on each connection. history: with the messages
  // that are kept, after a gap if others are not; since: with those behind a place.
  join(name, { history = false, since = history ? ":0" : undefined } = {}) {
    name ||= "general";
    let room = this.#rooms.get(name);
    if (room) return room;
    room = new Room(this, name, since);
    this.#rooms.set(name, room);
    if (this.state.state === "closed") this.#remove(room, failure("offline", "closed"));
    else this.#enter(room);
    return room;
  }

  // retry ends a wait.
  retry() { if (this.state.state === "waiting") this.#connect(); }

  close() { this.#end(1000, ""); }

  // For Room.
  forget(room) {
    if (room.error) return;
    this.#remove(room, failure("not_joined", "left"));
    this.#say({ type: "leave", room: room.name });
  }

  // For Room: the answer's promise.
  ask(room, fields) {
    return new Promise((resolve, reject) => {
      if (room.error) throw room.error;
      if (this.#asked.size + room.waiting.length >= mostAsked) throw failure("busy", "too much waits for an answer");
      const command = this.#command(fields, resolve, reject);
      if (room.here) this.#send(command);
      else room.waiting.push(command);
    });
  }

  #remove(room, error) {
    this.#rooms.delete(room.name);
    room.here = false;
    room.error = error;
    for (const { reject } of room.waiting.splice(0)) reject(error);
  }

  #command(fields, resolve, reject) {
    const id = ++this.#lastID;
    return { id, text: JSON.stringify({ ...fields, id }), resolve, reject };
  }

  #send(command) {
    this.#asked.set(command.id, command);
    this.#socket.send(command.text);
    if (this.#asked.size === 1) this.#expect(patience.answer);
  }

  // say sends a command if there is a connection.
  #say(fields, resolve, reject) {
    if (this.state.state === "open") this.#send(this.#command(fields, resolve, reject));
  }

  // enter joins a room, without a promise: the next frame may be the room's.
  #enter(room) {
    const nth = this.#try;
    const current = () => nth === this.#try && !room.error;
    this.#say({ type: "join", since: room.place, room: room.name }, (answer) => {
      if (!current()) return;
      room.joined(answer);
      for (const command of room.waiting.splice(0)) this.#send(command);
      tell(room.onjoin, answer);
    }, (error) => {
      if (!current()) return;
      if (room.again && !final.test(error.code)) return setTimeout(() => current() && this.#enter(room), backoff.steady);
      this.#remove(room, error);
      tell(room.onerror, error);
    });
  }

  async #connect() {
    const nth = ++this.#try;
    clearTimeout(this.#retry);
    this.#set("connecting");
    let token = this.#token;
    try {
      if (typeof token === "function") token = await token();
    } catch (error) {
      if (nth === this.#try) this.#closed({ code: 0, reason: `No token: ${error}` });
      return;
    }
    if (nth === this.#try) this.#open(token);
  }

  #open(token) {
    try {
      this.#socket = new WebSocket(this.#url, token ? ["bearer", token] : []);
    } catch (error) { // no such URL, or no such token
      return this.#end(0, error.message);
    }
    this.#socket.onopen = () => this.#opened();
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = (event) => this.#closed(event);
    this.#socket.onerror = () => { // Node has no close for a failed handshake
      if (this.state.state !== "open") this.#closed({ code: 1006, reason: "" });
    };
    this.#expect(patience.opening);
  }

  #opened() {
    this.#openedAt = performance.now();
    this.#expect(patience.idle);
    this.state = { state: "open" };
    for (const room of this.#rooms.values()) this.#enter(room); // before a handler joins others
    tell(this.onstate, this.state);
  }

  #receive(data) {
    this.#heard = true;
    let frame;
    try { frame = JSON.parse(data); } catch { return; }
    const room = this.#rooms.get(frame?.room);
    if (frame?.id === undefined) return room?.here && room.hear(frame);
    const asked = this.#asked.get(frame.id);
    this.#asked.delete(frame.id);
    if (frame.type === "error") asked?.reject?.(failure(frame.code, frame.message));
    else asked?.resolve?.(frame);
  }

  // expect sends a ping if nothing is heard for a time. If an answer is due, the connection
  // is lost.
  #expect(time) {
    clearTimeout(this.#silence);
    this.#heard = false;
    this.#silence = setTimeout(() => {
      const idle = this.state.state === "open" && !this.#asked.size;
      if (this.#heard) this.#expect(idle ? patience.idle : patience.answer);
      else if (idle) this.#say({ type: "ping" });
      else this.#closed({ code: 1006, reason: "No answer" });
    }, time);
  }

  // wake is for a network or a reader that is back: it ends a wait that the server has not
  // asked for, or pings.
  #wake() {
    if (globalThis.document?.hidden) return;
    if (this.#hurry) this.retry();
    this.#say({ type: "ping" });
  }

  #closed({ code, reason }) {
    if (code === 1008 && reason !== "Rate limit" || code === 4001 && typeof this.#token !== "function") return this.#end(code, reason);
    this.#drop();
    if (performance.now() - this.#openedAt > backoff.steady) this.#attempts = 0;
    this.#openedAt = undefined;
    const asked = (code === 1012 || code === 1013) && /retry in (\d+) ms/.exec(reason)?.[1];
    const slow = code === 1013 || code === 1008 ? backoff.busy : 0;
    const jitter = Math.random() * Math.min(backoff.most, backoff.least * 2 ** this.#attempts++);
    const wait = asked ? Math.min(Number(asked), backoff.longest) : slow + jitter;
    this.#hurry = !asked && !slow;
    this.#retry = setTimeout(() => this.#connect(), wait);
    this.#set("waiting", { until: Date.now() + wait, code, reason });
  }

  #end(code, reason) {
    if (this.state.state === "closed") return;
    this.#drop();
    for (const room of this.#rooms.values()) this.#remove(room, failure("offline", "closed"));
    clearTimeout(this.#retry);
    this.#listening.abort();
    this.#set("closed", { code, reason });
  }

  // drop gives the connection up.
  #drop() {
    this.#try++;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    socket?.close(1000);
    clearTimeout(this.#silence);
    for (const room of this.#rooms.values()) room.here = false;
    for (const { reject } of this.#asked.values()) reject?.(failure("unknown", "the connection was lost before the answer"));
    this.#asked.clear();
  }

  #set(state, more) {
    this.state = { state, ...more };
    tell(this.onstate, this.state);
  }
}
