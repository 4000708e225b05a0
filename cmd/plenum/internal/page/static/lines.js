// The lines of a room's log.

import { avatar, counted, element, hue } from './dom.js';

// note returns a line with a text of the server or of this page.
export function note(text) {
  return Object.assign(element('p', 'note', text), { dir: 'auto' });
}

// gapOf returns the line in place of lost messages. first: it is the first line of the log.
export function gapOf({ from, to, newEpoch }, first) {
  return element('p', 'note gap', wordsOf(to - from + 1, newEpoch, first));
}

function wordsOf(lost, newEpoch, first) {
  if (newEpoch && lost === 0) return 'The room was restarted: messages may be missing here';
  if (newEpoch) return `The room was restarted: ${counted(lost, 'message', 'messages')} or more are missing here`;
  if (first) return `${counted(lost, 'earlier message is', 'earlier messages are')} no longer available`;
  return `${counted(lost, 'message is', 'messages are')} missing here`;
}

// eventOf returns the words for a message without a text: the name of its event, and its data.
export function eventOf({ event, data }) {
  return [event, data === undefined ? '' : JSON.stringify(data)].filter(Boolean).join(' ');
}

// messageOf returns the line of a message. again: it follows another message of the same sender.
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
