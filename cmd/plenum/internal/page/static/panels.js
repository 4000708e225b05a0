// The panels beside a room's log: the lists of rooms and members, and the state of the connection.

import { $, arrange, avatar, counted, element, hue } from './dom.js';

// showRooms lists the rooms that the reader has joined, and the other rooms of the directory.
export function showRooms(views, current, directory, choose) {
  const all = [...directory.rooms.keys()];
  const others = all.filter((name) => !views.has(name));
  list('yours', [...views.keys()].sort((a, b) => a.localeCompare(b)), choose);
  list('others', others, choose);
  list('open-rooms', all, choose);
  for (const { dataset, firstElementChild: button } of $('yours').children) {
    const view = views.get(dataset.key);
    describe(button, view.count, view.unread);
    button.ariaCurrent = view === current ? 'true' : null;
  }
  for (const { dataset, firstElementChild: button } of [...$('others').children, ...$('open-rooms').children]) {
    describe(button, directory.rooms.get(dataset.key), 0);
  }
  $('others-title').hidden = others.length === 0;
  $('others-more').hidden = !directory.more;
  $('open').hidden = all.length === 0;
}

function list(id, names, choose) {
  arrange($(id), names, (name) => {
    const button = Object.assign(element('button', 'room'), { type: 'button', onclick: () => choose(name) });
    button.append(element('bdi', 'room-name', name), ' ', element('span', 'unread'), ' ', element('span', 'members'));
    const entry = element('li');
    entry.append(button);
    return entry;
  });
}

// showElsewhere shows the number of unread messages in other rooms.
export function showElsewhere(unread) {
  setUnread($('elsewhere'), unread);
}

function describe(button, members, unread) {
  const [, badge, count] = button.children;
  setUnread(badge, unread);
  count.textContent = `${members.toLocaleString()} here`;
}

// setUnread shows a number. The word after it is only for screen readers.
function setUnread(badge, unread) {
  badge.hidden = unread === 0;
  badge.replaceChildren(unread.toLocaleString(), element('span', 'unseen', ' unread'));
}

// showPeople lists the members of the room, the reader first.
export function showPeople({ names, more, count }, reader) {
  const sorted = names.filter((name) => name !== reader).sort((a, b) => a.localeCompare(b));
  if (names.includes(reader)) sorted.unshift(reader);
  arrange($('names'), sorted, person);
  for (const entry of $('names').children) entry.classList.toggle('me', entry.dataset.key === reader);
  $('count').textContent = $('count-short').textContent = count.toLocaleString();
  $('more').hidden = !more;
  $('more').textContent = count > names.length ? `and ${(count - names.length).toLocaleString()} more` : 'and more';
}

function person(name) {
  const entry = element('li', 'person');
  entry.style.setProperty('--hue', hue(name));
  entry.append(avatar(name), element('bdi', 'sender', name));
  return entry;
}

const reasons = {
  1008: 'you sent too much at once',
  1009: 'your message was too long',
  1012: 'the server is restarting',
  1013: 'this page was too slow to keep up',
  4001: 'the token has expired',
};

let ticking = 0;

// showState shows the state of the connection. Screen readers read out each change once.
export function showState({ state, until, code }) {
  clearTimeout(ticking);
  $('status').dataset.state = state;
  $('send').disabled = state !== 'open';
  $('retry').hidden = state !== 'waiting';
  if (state === 'connecting') $('state').textContent = 'Connecting';
  if (state === 'open') announce('Connected');
  if (state === 'waiting') waiting(until, reasons[code] ?? 'the server cannot be reached');
}

function announce(text) {
  $('state').textContent = $('announced').textContent = text;
}

function waiting(until, why) {
  announce(`Not connected: ${why}`);
  tick(until, why);
}

function tick(until, why) {
  const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
  $('state').textContent = `Waiting ${left} s: ${why}`;
  ticking = setTimeout(tick, 250, until, why);
}

// showNewer shows a button that scrolls to new messages below the visible part of the log.
export function showNewer(below) {
  $('newer').hidden = below === 0;
  $('newer').textContent = counted(below, 'new message', 'new messages');
}

// unfold shows or hides a panel that does not fit on a narrow screen. null hides all of them.
export function unfold(panel) {
  for (const [each, button] of [[$('rooms'), $('show-rooms')], [$('here'), $('show-people')]]) {
    const was = each.classList.contains('unfolded');
    const is = each.classList.toggle('unfolded', each === panel && !was);
    button.ariaExpanded = String(is);
    if (is) each.focus();
    else if (was && each.contains(document.activeElement)) button.focus();
  }
}
