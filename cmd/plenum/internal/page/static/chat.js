// The chat page: one room on one WebSocket. Whatever arrives is shown through
// textContent, never as markup.
'use strict';

const limits = { messages: 500, people: 300, unechoed: 20 };
const backoff = { least: 500, most: 30_000, busy: 3, steady: 5_000, longestHint: 300_000 };
const groupedWithin = 5 * 60_000;
const nobody = 'Anonymous';

const advice = {
  'Name reserved': 'Please choose another name.',
  'Bad name': 'A name has 1 to 64 bytes and no control characters.',
  'Bad room': 'A room has 1 to 128 bytes and no control characters.',
  'Rate limit': 'That was too much at once.',
};

const $ = (id) => document.getElementById(id);
const seat = { room: '', name: '' };
const link = { socket: null, openedAt: 0, attempts: 0, timer: 0, waiting: false, resumed: false, lastSeq: 0 };
const talk = { arrived: [], timer: 0, previous: null, unseen: 0, follow: true, unechoed: [] };
const crowd = { people: new Map(), total: null, changed: false };

// ---- small things

function element(tag, className, text = '') {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

// hue spreads names over the colour circle; style.css sets the lightness, so
// the contrast is the same for every name.
function hue(name) {
  let hash = 2166136261;
  for (const rune of name) hash = Math.imul(hash ^ rune.codePointAt(0), 16777619) >>> 0;
  return (hash % 24) * 15;
}

function avatar(name) {
  return Object.assign(element('span', 'avatar', [...name][0]?.toUpperCase()), { ariaHidden: 'true' });
}

function remember(key, value) {
  try { localStorage.setItem(`plenum.${key}`, value); } catch { /* storage is off: nothing to remember */ }
}

function recall(key) {
  try { return localStorage.getItem(`plenum.${key}`) ?? ''; } catch { return ''; }
}

// ---- joining and leaving

function join(room, name) {
  Object.assign(seat, { room: room || 'general', name: name || nobody });
  // A URL takes these for path steps, escaped or not.
  if (seat.room === '.' || seat.room === '..') return refuse('Bad room');
  remember('room', seat.room);
  remember('name', seat.name);
  setAddress({ room: seat.room, name: seat.name });
  Object.assign(link, { openedAt: 0, attempts: 0, resumed: false, lastSeq: 0 });
  clearTalk();
  enter();
  connect();
}

function setAddress(query) {
  history.replaceState(null, '', `/?${new URLSearchParams(query)}`);
}

function enter() {
  $('title').textContent = seat.room;
  document.title = `#${seat.room} – plenum`;
  $('refusal').hidden = true;
  $('lobby').hidden = true;
  $('chat').hidden = false;
  if (matchMedia('(pointer: fine)').matches) $('draft').focus();
}

function leave() {
  stopWaiting();
  const { socket } = link;
  link.socket = null;
  socket?.close(1000);
  talk.unechoed = [];
  document.title = 'plenum';
  setAddress({ room: seat.room });
  $('chat').hidden = true;
  $('lobby').hidden = false;
  $('room').value = seat.room;
  $('name').value = seat.name;
  $('name').focus();
}

function refuse(reason) {
  leave();
  $('refusal').textContent = `${reason}. ${advice[reason] ?? ''}`.trim();
  $('refusal').hidden = false;
  if (reason === 'Bad room' || reason === 'Not allowed') $('room').focus();
}

// ---- the connection

function connect() {
  stopWaiting();
  show('connecting', 'Connecting');
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const path = `/ws/chat/${encodeURIComponent(seat.room)}?username=${encodeURIComponent(seat.name)}`;
  const socket = new WebSocket(`${scheme}://${location.host}${path}`);
  link.socket = socket;
  const ifCurrent = (act) => (event) => { if (link.socket === socket) act(event); };
  socket.onopen = ifCurrent(opened);
  socket.onmessage = ifCurrent(({ data }) => receive(parse(data)));
  socket.onclose = ifCurrent(closed);
}

function opened() {
  link.openedAt = Date.now();
  Object.assign(crowd, { people: new Map(), total: null, changed: true });
  showPeople();
  show('connected', 'Connected');
}

function closed({ code, reason }) {
  link.socket = null;
  keepUnechoed();
  if (code === 1008 || code === 4001) return refuse(reason || 'Refused');
  if (link.openedAt && Date.now() - link.openedAt > backoff.steady) link.attempts = 0;
  link.resumed ||= link.openedAt > 0;
  link.openedAt = 0;
  if (code === 1009) note('The server refused your message: it is too long.');
  if (code === 1013) link.attempts = Math.max(link.attempts, backoff.busy);
  waitFor(hinted(code, reason) ?? delay(link.attempts++));
}

// hinted is the wait a restarting server asks for: each client gets its own, so
// that they do not come back all at once.
function hinted(code, reason) {
  const asked = code === 1012 && /retry in (\d+) ms/i.exec(reason);
  return asked ? Math.min(Number(asked[1]), backoff.longestHint) : null;
}

function delay(attempts) {
  const ceiling = Math.min(backoff.most, backoff.least * 2 ** (attempts + 1));
  return backoff.least + Math.random() * (ceiling - backoff.least);
}

function waitFor(milliseconds) {
  link.waiting = true;
  show('waiting', 'Reconnecting');
  count(Date.now() + milliseconds);
}

function count(due) {
  const left = due - Date.now();
  if (left <= 0) return connect();
  $('countdown').textContent = `in ${Math.ceil(left / 1000)} s`;
  link.timer = setTimeout(count, Math.min(left, 250), due);
}

function stopWaiting() {
  clearTimeout(link.timer);
  link.waiting = false;
}

function show(state, text) {
  $('status').dataset.state = state;
  $('state').textContent = text;
  $('countdown').textContent = '';
  $('retry').hidden = state !== 'waiting';
  $('send').disabled = state !== 'connected';
}

// ---- what arrives

function parse(data) {
  try { return JSON.parse(data); } catch { return null; }
}

function receive(frame) {
  if (frame === null || typeof frame !== 'object') return;
  if (frame.type !== undefined) return missed(frame);
  if (typeof frame.sender !== 'string' || typeof frame.text !== 'string') return;
  noticeHole(frame.seq);
  if (frame.sender === 'System') return announce(frame.text);
  seen(frame.sender);
  add(messageOf(frame, isMine(frame)));
}

function missed({ to }) {
  if (Number.isInteger(to)) link.lastSeq = to;
  note('Some messages are missing.');
}

// noticeHole compares the first message after a reconnect with the last one
// before it. A lower number is a room that began anew.
function noticeHole(seq) {
  if (!Number.isInteger(seq)) return;
  if (link.resumed && link.lastSeq && seq > link.lastSeq + 1) note('Some messages are missing.');
  link.resumed = false;
  link.lastSeq = seq;
}

function announce(text) {
  const change = /^(.+) (joined|left) the room$/s.exec(text);
  const digest = /^(?:\d+ joined, )?(?:\d+ left, )?(\d+) here$/.exec(text);
  if (change) move(change[1], change[2] === 'joined' ? 1 : -1);
  if (digest) Object.assign(crowd, { total: Number(digest[1]), changed: true });
  note(text);
}

// ---- who is here: a name may be here on several connections

function move(name, by) {
  const connections = (crowd.people.get(name) ?? 0) + by;
  crowd.people.delete(name);
  if (connections > 0) crowd.people.set(name, connections);
  if (crowd.total !== null) crowd.total += by;
  crowd.changed = true;
}

function seen(name) {
  if (crowd.people.has(name)) return;
  crowd.people.set(name, 1);
  crowd.changed = true;
}

function showPeople() {
  if (!crowd.changed) return;
  crowd.changed = false;
  for (const name of [...crowd.people.keys()].slice(0, -limits.people)) crowd.people.delete(name);
  const names = [...crowd.people.keys()].filter((name) => name !== seat.name).sort((a, b) => a.localeCompare(b));
  if (crowd.people.has(seat.name)) names.unshift(seat.name);
  $('names').replaceChildren(...names.map(person));
  $('count').textContent = Math.max(crowd.total ?? 0, names.length).toLocaleString();
  $('count-short').textContent = $('count').textContent;
}

function person(name) {
  const line = element('li', name === seat.name ? 'person me' : 'person');
  line.style.setProperty('--hue', hue(name));
  line.append(avatar(name), element('bdi', 'sender', name));
  return line;
}

// ---- the log

function note(text) {
  talk.previous = null;
  add(Object.assign(element('p', 'note', text), { dir: 'auto' }));
}

function messageOf({ sender, text, timestamp }, mine) {
  const time = timeOf(timestamp);
  const { previous } = talk;
  const again = previous?.sender === sender && previous.mine === mine && time - previous.time < groupedWithin;
  talk.previous = { sender, mine, time };
  const message = element('article', `message${mine ? ' mine' : ''}${again ? ' again' : ''}`);
  message.style.setProperty('--hue', hue(sender));
  const bubble = element('div', 'bubble');
  const body = Object.assign(element('p', 'text', text), { dir: 'auto' });
  bubble.append(element('bdi', 'sender', sender), body, clock(time));
  message.append(avatar(sender), bubble);
  return message;
}

function timeOf(timestamp) {
  const time = new Date(timestamp);
  return Number.isNaN(time.getTime()) ? new Date() : time;
}

function clock(time) {
  const short = time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return Object.assign(element('time', '', short), { dateTime: time.toISOString(), title: time.toLocaleString() });
}

// add gathers what arrives within a few milliseconds, so that a busy room costs
// one layout for many messages.
function add(line) {
  talk.arrived.push(line);
  if (talk.arrived.length > limits.messages) talk.arrived.shift();
  talk.timer ||= setTimeout(flush, 16);
}

function flush() {
  talk.timer = 0;
  const log = $('log');
  log.append(...talk.arrived);
  talk.unseen += talk.arrived.filter((line) => line.matches('.message')).length;
  talk.arrived = [];
  while (log.childElementCount > limits.messages) log.firstElementChild.remove();
  showPeople();
  if (talk.follow) toBottom();
  else showUnseen();
}

function clearTalk() {
  clearTimeout(talk.timer);
  Object.assign(talk, { arrived: [], timer: 0, previous: null });
  $('log').replaceChildren();
  toBottom();
}

// scrolled notes whether the reader is at the bottom, which new messages and a
// growing draft then keep.
function scrolled() {
  const { scrollHeight, scrollTop, clientHeight } = $('log');
  talk.follow = scrollHeight - scrollTop - clientHeight < 48;
  if (talk.follow) showUnseen();
}

function toBottom() {
  talk.follow = true;
  $('log').scrollTop = $('log').scrollHeight;
  showUnseen();
}

function showUnseen() {
  if (talk.follow) talk.unseen = 0;
  $('newer').hidden = talk.unseen === 0;
  $('newer').textContent = talk.unseen === 1 ? '1 new message' : `${talk.unseen} new messages`;
}

// ---- sending

function send() {
  const text = $('draft').value;
  if (link.socket?.readyState !== WebSocket.OPEN || text.trim() === '') return;
  link.socket.send(text);
  talk.unechoed.push(text);
  if (talk.unechoed.length > limits.unechoed) talk.unechoed.shift();
  $('draft').value = '';
  toBottom();
}

// isMine also settles what was sent and has now come back. Of the many who may
// be Anonymous only the echo tells which one spoke.
function isMine({ sender, text }) {
  const place = talk.unechoed.indexOf(text);
  if (place >= 0) talk.unechoed.splice(place, 1);
  return sender === seat.name && (place >= 0 || sender !== nobody);
}

// keepUnechoed puts what was sent and never came back into the draft again.
function keepUnechoed() {
  $('draft').value = [...talk.unechoed, $('draft').value].filter(Boolean).join('\n');
  talk.unechoed = [];
}

function pressed(event) {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
}

// ---- start

function on(id, event, act) {
  $(id).addEventListener(event, (happened) => {
    happened.preventDefault();
    act();
  });
}

function start() {
  on('join', 'submit', () => join($('room').value.trim(), $('name').value.trim()));
  on('compose', 'submit', send);
  on('leave', 'click', leave);
  on('retry', 'click', connect);
  on('people', 'click', () => { $('people').ariaExpanded = String($('chat').classList.toggle('with-people')); });
  on('newer', 'click', toBottom);
  $('draft').addEventListener('keydown', pressed);
  $('log').addEventListener('scroll', scrolled, { passive: true });
  new ResizeObserver(() => { if (talk.follow) toBottom(); }).observe($('log'));
  window.addEventListener('online', () => { if (link.waiting) connect(); });

  const asked = new URLSearchParams(location.search);
  $('room').value = asked.get('room') ?? recall('room');
  $('name').value = asked.get('name') ?? recall('name');
  if (asked.get('room') && asked.get('name')) return join(asked.get('room'), asked.get('name'));
  $($('room').value ? 'name' : 'room').focus();
}

start();
