// The controls of the chat page.

import { $ } from './dom.js';
import { address, recall, takeToken } from './storage.js';
import { unfold } from './panels.js';
import { choose, current, enter, join, leave, refresh, retry } from './session.js';

const period = 5_000; // milliseconds between two refreshes of the lists

async function send() {
  const view = current;
  const text = $('draft').value;
  if ($('send').disabled || text.trim() === '') return;
  $('draft').value = '';
  view.toEnd();
  if (await view.publish(text)) return;
  if (view === current) view.draft = $('draft').value;
  view.draft = [text, view.draft].filter(Boolean).join('\n');
  if (view === current) $('draft').value = view.draft;
}

function pressed(event) {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
}

function on(id, event, act) {
  $(id).addEventListener(event, (happened) => {
    happened.preventDefault();
    act();
  });
}

function another() {
  choose($('another-room').value.trim() || 'general');
  $('another-room').value = '';
}

function offerToken() {
  const token = takeToken();
  if (token === null) return;
  $('token').value = token;
  $('sign-in').open = true;
}

function cameBack() {
  if (document.hidden) return;
  current?.markRead();
  refresh();
}

function start() {
  on('join', 'submit', () => join($('room').value.trim()));
  on('another', 'submit', another);
  on('compose', 'submit', send);
  on('leave', 'click', leave);
  on('retry', 'click', retry);
  on('show-rooms', 'click', () => unfold($('rooms')));
  on('show-people', 'click', () => unfold($('here')));
  on('newer', 'click', () => current.toEnd());
  $('draft').addEventListener('keydown', pressed);
  $('chat').addEventListener('keydown', ({ key }) => { if (key === 'Escape') unfold(null); });
  document.addEventListener('visibilitychange', cameBack);
  addEventListener('hashchange', offerToken);
  offerToken();
  setInterval(refresh, period);
  refresh();

  const { rooms, name } = address();
  $('room').value = rooms[0] ?? recall('room');
  $('name').value = name ?? recall('name');
  if (rooms.length && name) return enter(rooms, name, $('token').value);
  $($('room').value ? 'name' : 'room').focus();
}

start();
