// The lines of a room's log.

import { avatar, counted, element, hue } from './look.js';

// note is a line that nobody said: what the server tells, or this page.
export function note(text) {
  return Object.assign(element('p', 'note', text), { dir: 'auto' });
}

// gapOf is the line in the place of what is lost; first: nothing stands before it.
export function gapOf({ from, to, anew }, first) {
  return element('p', 'note gap', wordsOf(to - from + 1, anew, first));
}

function wordsOf(lost, anew, first) {
  if (anew && lost === 0) return 'The room has begun anew: messages may be missing here';
  if (anew) return `The room has begun anew: ${counted(lost, 'message', 'messages')} or more are missing here`;
  if (first) return `${counted(lost, 'earlier message is', 'earlier messages are')} not kept any more`;
  return `${counted(lost, 'message is', 'messages are')} missing here`;
}

// messageOf is what somebody said; again: right after another of the same sender's.
export function messageOf({ sender, text, timestamp }, { mine, again }) {
  const message = element('article', 'message');
  message.classList.toggle('mine', mine);
  message.classList.toggle('again', again);
  message.style.setProperty('--hue', hue(sender));
  const bubble = element('div', 'bubble');
  const body = Object.assign(element('p', 'text', text), { dir: 'auto' });
  bubble.append(element('bdi', 'sender', sender), body, clock(timeOf(timestamp)));
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
