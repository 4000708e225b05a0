// A client for plenum's /ws: many rooms on one connection, which comes back by itself and
// goes on where it was. An ES module without dependencies, served as it is written.
//
//   import { Plenum } from "/plenum.js";
//
//   const plenum = new Plenum({ name: "Alex" });
//   plenum.onstate = ({ state, until, code, reason }) => {};
//   const room = plenum.join("general", { history: true });
//   room.onmessage = ({ sender, text, room, timestamp, seq }) => {};
//   room.ongap = ({ room, from, to, epoch, anew }) => {};
//   const seq = await room.publish("Hello everyone!");

const backoff = { least: 250, most: 30_000, busy: 1_000, steady: 5_000, longest: 300_000 };
const patience = { opening: 30_000, answer: 10_000, idle: 30_000 };
const mostAsked = 1_000; // commands without an answer

const failure = (code, message) => Object.assign(new Error(message), { code });

// tell calls a program's handler, whose own fault is the program's to hear of, and not a
// reason to lose what comes next.
function tell(handler, event) {
  try { handler?.(event); } catch (error) { setTimeout(() => { throw error; }); }
}

// A Room is a room that the program is in, also while the connection is away. Its place is
// epoch and seq: what it has heard of which life of the room.
class Room {
  onjoin; // ({ room, epoch, seq, members, recovered }): joined, again after each reconnect; the rest follows
  onmessage; // (message), each once and in order
  ongap; // ({ from, to, … }): these are lost. anew: so is what followed in the room's last life; to may be 0
  onerror; // (error): the server did not let it in, error.code says why; the room is left
  here = false; // owned by Plenum: joined on the present connection
  epoch;
  seq;
  #anew = false;
  #plenum;

  constructor(plenum, name, since) {
    this.#plenum = plenum;
    this.name = name;
    if (since) [, this.epoch, this.seq] = /^(.*):(\d+)$/.exec(since).map((part, i) => (i < 2 ? part : Number(part)));
  }

  // place is what join takes as since; undefined before the first join is answered.
  get place() { return this.epoch === undefined ? undefined : `${this.epoch}:${this.seq}`; }

  // publish resolves to the message's seq. It rejects with the code of a server's error, and
  // with "offline" where it was not sent; with "unknown" where the connection was lost
  // before the answer: the message may have been published or not. Nothing is sent twice.
  async publish(text) { return (await this.ask({ type: "publish", text })).seq; }

  // members resolves to { members, cursor }: a page of names; an empty cursor is the last page's.
  members(cursor = "") { return this.ask({ type: "members", cursor }); }

  leave() { this.#plenum.forget(this); }

  // For Plenum.
  ask(command) { return this.#plenum.ask({ ...command, room: this.name }); }

  // For Plenum. Where the life is another and nothing is kept, the server says so by a gap.
  joined(answer) {
    this.#anew = Boolean(this.epoch) && this.epoch !== answer.epoch;
    if (this.epoch !== answer.epoch) this.seq = this.epoch === undefined ? answer.seq : 0;
    this.epoch = answer.epoch;
    this.here = true;
    tell(this.onjoin, answer);
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
  #asked = new Map(); // by id, what waits for an answer
  #lastID = 0;
  #socket;
  #try = 0; // counts connections; what an earlier one still does is no matter any more
  #attempts = 0; // since a connection lasted
  #openedAt;
  #hurry = true; // the wait is not the server's wish
  #retry; // timer
  #silence; // timer
  #heard = false;
  #listening = new AbortController();

  // url is the server's /ws, by default that beside this module. token is a string, or a
  // function that returns or promises one, which is asked before each connection and so
  // after 4001 Token expired, too.
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

  // join returns the room, which is joined as soon as there is a connection, and again on the
  // next ones. history: with the messages that are kept, after a gap where others are not;
  // since: with those behind a place.
  join(name, { history = false, since = history ? ":0" : undefined } = {}) {
    name ||= "general";
    let room = this.#rooms.get(name);
    if (room) return room;
    room = new Room(this, name, since);
    this.#rooms.set(name, room);
    this.#enter(room);
    return room;
  }

  // retry ends a wait now.
  retry() { if (this.state.state === "waiting") this.#connect(); }

  close() { this.#end(1000, ""); }

  // For Room.
  forget(room) {
    if (this.#rooms.get(room.name) !== room) return;
    this.#rooms.delete(room.name);
    room.here = false;
    room.ask({ type: "leave" }).catch(() => {});
  }

  // For Room. The answer's promise.
  ask(command) {
    return new Promise((resolve, reject) => {
      if (this.state.state !== "open") return reject(failure("offline", "there is no connection"));
      if (this.#asked.size >= mostAsked) return reject(failure("busy", "too much waits for an answer"));
      const id = ++this.#lastID;
      this.#asked.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ ...command, id }));
      if (this.#asked.size === 1) this.#expect(patience.answer);
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
    this.#expect(patience.opening);
  }

  #opened() {
    this.#openedAt = performance.now();
    this.#expect(patience.idle);
    this.state = { state: "open" };
    for (const room of this.#rooms.values()) this.#enter(room); // before a handler joins others
    tell(this.onstate, this.state);
  }

  async #enter(room) {
    try {
      const answer = await room.ask({ type: "join", since: room.place });
      if (this.#rooms.get(room.name) === room) room.joined(answer);
    } catch (error) {
      if (error.code === "offline" || error.code === "unknown" || this.#rooms.get(room.name) !== room) return;
      this.#rooms.delete(room.name);
      tell(room.onerror, error);
    }
  }

  #receive(data) {
    this.#heard = true;
    let frame;
    try { frame = JSON.parse(data); } catch { return; }
    if (frame?.id !== undefined) return this.#answered(frame);
    const room = this.#rooms.get(frame?.room);
    if (room?.here) room.hear(frame);
  }

  #answered(frame) {
    const asked = this.#asked.get(frame.id);
    this.#asked.delete(frame.id);
    if (frame.type === "error") asked?.reject(failure(frame.code, frame.message));
    else asked?.resolve(frame);
  }

  // expect looks after a time whether the connection is still one: where nothing was
  // heard it has to show that it is, and where it should have been, it is lost.
  #expect(time) {
    clearTimeout(this.#silence);
    this.#heard = false;
    this.#silence = setTimeout(() => {
      const idle = this.state.state === "open" && !this.#asked.size;
      if (this.#heard) this.#expect(idle ? patience.idle : patience.answer);
      else if (idle) this.ask({ type: "ping" }).catch(() => {});
      else this.#closed({ code: 1006, reason: "No answer" });
    }, time);
  }

  // wake has a network or a reader come back: a wait that the server has not asked for
  // ends, and a connection has to show that it is one.
  #wake() {
    if (globalThis.document?.hidden) return;
    if (this.#hurry) this.retry();
    this.ask({ type: "ping" }).catch(() => {});
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
    this.#try++;
    clearTimeout(this.#retry);
    this.#listening.abort();
    this.#set("closed", { code, reason });
  }

  // drop lets the connection go, and whoever waits for an answer know.
  #drop() {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
    socket?.close(1000);
    clearTimeout(this.#silence);
    for (const room of this.#rooms.values()) room.here = false;
    for (const { reject } of this.#asked.values()) reject(failure("unknown", "the connection was lost before the answer"));
    this.#asked.clear();
  }

  #set(state, more) {
    this.state = { state, ...more };
    tell(this.onstate, this.state);
  }
}
