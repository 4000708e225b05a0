// What stands beside a room's log: the rooms there are, who is here, and how the
// connection is.

import { $, arrange, avatar, counted, element, hue } from './look.js';

// showRooms lists the rooms the reader is in, and those the server tells of.
export function showRooms(talks, current, directory, choose) {
  const all = [...directory.rooms.keys()];
  const others = all.filter((name) => !talks.has(name));
  list('yours', [...talks.keys()].sort((a, b) => a.localeCompare(b)), choose);
  list('others', others, choose);
  list('open-rooms', all, choose);
  for (const { dataset, firstElementChild: button } of $('yours').children) {
    const talk = talks.get(dataset.key);
    describe(button, talk.count, talk.unread);
    button.ariaCurrent = talk === current ? 'true' : null;
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

// showElsewhere tells of what is not read in the other rooms.
export function showElsewhere(unread) {
  setUnread($('elsewhere'), unread);
}

function describe(button, members, unread) {
  const [, badge, count] = button.children;
  setUnread(badge, unread);
  count.textContent = `${members.toLocaleString()} here`;
}

// setUnread is a number, and a word after it that is only read out.
function setUnread(badge, unread) {
  badge.hidden = unread === 0;
  badge.replaceChildren(unread.toLocaleString(), element('span', 'unseen', ' unread'));
}

// showPeople lists who is in the room, the reader first.
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
  1008: 'that was too much at once',
  1009: 'your message was too long',
  1012: 'the server is restarting',
  1013: 'this page was too slow for its rooms',
  4001: 'the token has expired',
};

let ticking = 0;

// showState shows the connection's state, and has a change read out once.
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

// showNewer offers to go to what has come below the part of the log that is seen.
export function showNewer(below) {
  $('newer').hidden = below === 0;
  $('newer').textContent = counted(below, 'new message', 'new messages');
}

// unfold shows a panel that a narrow screen has no place for, or hides it; null: hides
// what is shown.
export function unfold(panel) {
  for (const [each, button] of [[$('rooms'), $('show-rooms')], [$('here'), $('show-people')]]) {
    const was = each.classList.contains('unfolded');
    const is = each.classList.toggle('unfolded', each === panel && !was);
    button.ariaExpanded = String(is);
    if (is) each.focus();
    else if (was && each.contains(document.activeElement)) button.focus();
  }
}
