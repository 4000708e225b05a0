// A session: any number of rooms on one connection of plenum.js, from leaving the lobby until the return to it.

import { Directory } from './directory.js';
import { $ } from './dom.js';
import { remember, setAddress } from './storage.js';
import { showElsewhere, showNewer, showPeople, showRooms, showState, unfold } from './panels.js';
import { Plenum } from './plenum.js';
import { anonymous, RoomView } from './view.js';

const advice = {
  'Name reserved': 'Please choose another name.',
  'Bad name': 'A name has at most 64 bytes (255 in a token), no control characters, and no blank at either end.',
  'Bad room': 'The name of a room has at most 128 bytes and no control characters.',
  'Missing token': 'This server requires a token.',
  'Invalid token': 'Please enter another one.',
  'Token expired': 'Please enter a new one.',
  'the bus is away': 'The server is disconnected from the other servers. Please try again later.',
};

const user = { name: '', token: '' };
const views = new Map(); // by room
let plenum = null; // null: in the lobby
export let current = null; // the visible view
let directory = new Directory();
let pendingRooms = []; // to join once the reader has entered a token
let showTimer = 0;

// ---- joining and leaving

export function join(room) {
  enter([...new Set([room || 'general', ...pendingRooms])], $('name').value.trim(), $('token').value.trim());
}

export function enter(rooms, typed, token) {
  const name = typed.normalize(); // NFC, as on the server
  Object.assign(user, { name: name || anonymous, token });
  remember('name', name);
  pendingRooms = [];
  directory = new Directory();
  plenum = new Plenum({ url: new URL('ws', document.baseURI), name, token });
  plenum.onstate = stateChanged;
  $('refusal').hidden = $('lobby').hidden = true;
  $('chat').hidden = false;
  rooms.forEach(open);
  choose(rooms[0]);
}

// open joins a room, unless it is joined already.
function open(name) {
  if (views.has(name)) return;
  const view = new RoomView(plenum.join(name, { history: true }), user, changed);
  view.room.onerror = ({ message }) => refused(view, message);
  views.set(name, view);
  $('logs').append(view.log);
}

export function choose(name) {
  if (!plenum) return join(name);
  open(name);
  if (current) current.draft = $('draft').value;
  current?.show(false);
  current = views.get(name);
  current.show(true);
  current.markRead();
  current.refresh();
  $('draft').value = current.draft;
  $('title').textContent = name;
  $('trouble').hidden = true;
  remember('room', name);
  setAddress([name, ...[...views.keys()].filter((other) => other !== name)], user.name);
  unfold(null);
  if (matchMedia('(pointer: fine)').matches) $('draft').focus();
  else current.log.focus({ preventScroll: true });
}

export function leave() {
  current.room.leave();
  drop(current);
}

export function retry() {
  plenum.retry();
}

// drop removes a room from the page, and shows another one.
function drop(view) {
  view.log.remove();
  views.delete(view.room.name);
  if (view !== current) return changed();
  current = null;
  $('draft').value = '';
  const [next] = views.keys();
  if (next === undefined) toLobby(view.room.name);
  else choose(next);
}

function refused(view, message) {
  drop(view);
  const text = sentence(message);
  if (!plenum) return refuse(text, $('room'));
  $('trouble').textContent = `${view.room.name}: ${text}`;
  $('trouble').hidden = false;
}

// closed ends the session, because the server refused the client.
function closed(reason) {
  const needsToken = /token/i.test(reason);
  if (needsToken) pendingRooms = [...views.keys()];
  for (const view of views.values()) view.log.remove();
  views.clear();
  toLobby(current.room.name);
  current = null;
  if (needsToken) {
    $('token').value = '';
    $('sign-in').open = true;
  }
  refuse(sentence(reason || 'Refused'), needsToken ? $('token') : $('name'));
}

function toLobby(room) {
  const ended = plenum;
  plenum = null;
  ended.close();
  setAddress([]);
  $('chat').hidden = true;
  $('lobby').hidden = false;
  $('room').value = room;
  $('name').focus();
  changed();
}

function refuse(text, field) {
  $('refusal').textContent = text;
  $('refusal').hidden = false;
  field.focus();
}

function sentence(reason) {
  return `${reason[0].toUpperCase()}${reason.slice(1)}. ${advice[reason] ?? ''}`.trim();
}

// ---- updating the page

function stateChanged(state) {
  if (!plenum) return;
  if (state.state === 'closed') return closed(state.reason);
  showState(state);
  if (state.state === 'open') refresh();
}

// refresh updates the lists of rooms and members.
export async function refresh() {
  if (document.hidden) return;
  current?.refresh();
  await directory.refresh(user.token);
  for (const [name, view] of views) if (view !== current) view.count = directory.rooms.get(name) ?? view.count;
  changed();
}

// changed updates everything but the logs, once for all changes within 50 milliseconds.
function changed() {
  showTimer ||= setTimeout(showAll, 50);
}

function showAll() {
  showTimer = 0;
  showRooms(views, current, directory, choose);
  const unread = [...views.values()].reduce((sum, view) => sum + view.unread, 0);
  document.title = `${unread ? `(${unread}) ` : ''}${current ? `#${current.room.name} – ` : ''}plenum`;
  if (!current) return;
  showElsewhere(unread - current.unread);
  showPeople(current, user.name);
  showNewer(current.below);
}
