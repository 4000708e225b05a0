// A visit: any number of rooms on one connection of plenum.js, from the lobby and back.

import { Directory } from './directory.js';
import { $ } from './look.js';
import { remember, setAddress } from './memory.js';
import { showElsewhere, showNewer, showPeople, showRooms, showState, unfold } from './panels.js';
import { Plenum } from './plenum.js';
import { nobody, Talk } from './talk.js';

const advice = {
  'Name reserved': 'Please choose another name.',
  'Bad name': 'A name has at most 64 bytes (255 in a token) without control characters, and begins and ends with what can be seen.',
  'Bad room': 'A room has 1 to 128 bytes and no control characters.',
  'Missing token': 'This server wants to know who you are.',
  'Invalid token': 'Please give another one.',
  'Token expired': 'Please give a new one.',
};

const seat = { name: '', token: '' };
const talks = new Map(); // by room
let plenum = null; // in the lobby
export let current = null; // the talk that is seen
let directory = new Directory();
let lacked = []; // the rooms to come back to with a token
let showing = 0;

// ---- coming and going

export function join(room) {
  enter([...new Set([room || 'general', ...lacked])], $('name').value.trim(), $('token').value.trim());
}

export function enter(rooms, typed, token) {
  const name = typed.normalize(); // as the server spells it
  Object.assign(seat, { name: name || nobody, token });
  remember('name', name);
  lacked = [];
  directory = new Directory();
  plenum = new Plenum({ url: new URL('ws', document.baseURI), name, token });
  plenum.onstate = stateChanged;
  $('refusal').hidden = $('lobby').hidden = true;
  $('chat').hidden = false;
  rooms.forEach(open);
  choose(rooms[0]);
}

// open joins a room, unless the reader is in it.
function open(name) {
  if (talks.has(name)) return;
  const talk = new Talk(plenum.join(name, { history: true }), seat, changed);
  talk.room.onerror = ({ message }) => turnedAway(talk, message);
  talks.set(name, talk);
  $('logs').append(talk.log);
}

export function choose(name) {
  if (!plenum) return join(name);
  open(name);
  if (current) current.draft = $('draft').value;
  current?.show(false);
  current = talks.get(name);
  current.show(true);
  current.read();
  current.look();
  $('draft').value = current.draft;
  $('title').textContent = name;
  $('trouble').hidden = true;
  remember('room', name);
  setAddress([name, ...[...talks.keys()].filter((other) => other !== name)], seat.name);
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

// drop takes a room off the page, and shows another.
function drop(talk) {
  talk.log.remove();
  talks.delete(talk.room.name);
  if (talk !== current) return changed();
  current = null;
  $('draft').value = '';
  const [next] = talks.keys();
  if (next === undefined) toLobby(talk.room.name);
  else choose(next);
}

function turnedAway(talk, message) {
  drop(talk);
  const text = sentence(message);
  if (!plenum) return refuse(text, $('room'));
  $('trouble').textContent = `${talk.room.name}: ${text}`;
  $('trouble').hidden = false;
}

// closed ends the visit for good.
function closed(reason) {
  const needsToken = /token/i.test(reason);
  if (needsToken) lacked = [...talks.keys()];
  for (const talk of talks.values()) talk.log.remove();
  talks.clear();
  toLobby(current.room.name);
  current = null;
  if (needsToken) {
    $('token').value = '';
    $('sign-in').open = true;
  }
  refuse(sentence(reason || 'Refused'), needsToken ? $('token') : $('name'));
}

function toLobby(room) {
  const visited = plenum;
  plenum = null;
  visited.close();
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

// ---- what is shown

function stateChanged(state) {
  if (!plenum) return;
  if (state.state === 'closed') return closed(state.reason);
  showState(state);
  if (state.state === 'open') lookAround();
}

// lookAround looks who is where.
export async function lookAround() {
  if (document.hidden) return;
  current?.look();
  await directory.ask(seat.token);
  for (const [name, talk] of talks) if (talk !== current) talk.count = directory.rooms.get(name) ?? talk.count;
  changed();
}

// changed has all but the logs shown anew, soon and once.
function changed() {
  showing ||= setTimeout(showAll, 50);
}

function showAll() {
  showing = 0;
  showRooms(talks, current, directory, choose);
  const unread = [...talks.values()].reduce((sum, talk) => sum + talk.unread, 0);
  document.title = `${unread ? `(${unread}) ` : ''}${current ? `#${current.room.name} – ` : ''}plenum`;
  if (!current) return;
  showElsewhere(unread - current.unread);
  showPeople(current, seat.name);
  showNewer(current.below);
}
