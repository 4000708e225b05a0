// One room on the page: its log, who is in it, and what has not been read yet.

import { element } from './look.js';
import { gapOf, messageOf, note } from './line.js';

const limits = { lines: 500, gathered: 16, look: 500 }; // the latter two in milliseconds
const groupedWithin = 5 * 60_000;
export const nobody = 'Anonymous';

const unsent = {
  unknown: 'The connection was lost before it was known whether your message arrived. It is in the field again.',
  not_allowed: 'You may only listen here: your message was not sent.',
  busy: 'The room is too busy: your message was not sent.',
};

export class Talk {
  count = 0; // of members
  names = []; // the first page of them
  more = false; // there are others
  unread = 0;
  below = 0; // messages, of those the reader has not scrolled down to
  draft = '';
  follow = true; // the reader is at the end of the log
  shown = false;
  #top = 0;
  #seat;
  #changed;
  #arrived = [];
  #flushing = 0;
  #looking = 0;
  #caughtUp; // the seq before which everything was said before the reader came
  #previous;
  #own = new Set(); // places of what the reader has said and not heard yet

  // seat says who the reader is. changed is called where anything but the log is to be shown anew.
  constructor(room, seat, changed) {
    this.room = room;
    this.#seat = seat;
    this.#changed = changed;
    this.log = Object.assign(element('div', 'log'), {
      role: 'log', ariaLive: 'polite', ariaBusy: 'true', ariaLabel: `Messages in ${room.name}`, tabIndex: 0, hidden: true,
    });
    this.log.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#stayAtEnd()).observe(this.log);
    room.onjoin = (joined) => this.#joined(joined);
    room.onmessage = (message) => this.#hear(message);
    room.ongap = (gap) => this.#gap(gap);
  }

  // show has the log be seen, or not.
  show(shown) {
    this.shown = shown;
    this.log.hidden = !shown;
    if (shown && !this.follow) this.log.scrollTop = this.#top; // hidden it has lost its place
    this.#stayAtEnd();
  }

  // read is called while the log is seen.
  read() {
    this.unread = 0;
    this.#changed();
  }

  // say sends; it resolves to whether the text need not be sent again.
  async say(text) {
    try {
      this.#isMine(await this.room.publish(text));
      return true;
    } catch ({ code, message }) {
      if (code !== 'offline') this.#add(note(unsent[code] ?? `Your message was not sent: ${message}.`));
      return false;
    }
  }

  // look asks who is here. A room that is not joined yet is looked at when it is.
  async look() {
    clearTimeout(this.#looking);
    this.#looking = 0;
    if (!this.room.here) return;
    try {
      const { members, cursor } = await this.room.members();
      Object.assign(this, { names: members, more: cursor !== '' });
      if (!this.more) this.count = members.length;
      this.#changed();
    } catch { /* the next connection asks anew */ }
  }

  toEnd() {
    this.follow = true;
    this.#stayAtEnd();
    this.below = 0;
    this.#changed();
  }

  #joined({ seq, members }) {
    if (this.#caughtUp === undefined) this.#caughtUp = seq;
    this.#calm(this.room.seq);
    this.count = members;
    this.look();
  }

  // calm has what follows read out, once everything from before the reader came is shown.
  #calm(seq) {
    if (seq >= this.#caughtUp) this.log.ariaBusy = 'false';
  }

  #hear(message) {
    if (typeof message.sender !== 'string' || typeof message.text !== 'string') return;
    if (message.sender === 'System') this.#announce(message);
    else this.#said(message);
    this.#calm(message.seq);
  }

  #gap(gap) {
    const first = !this.log.childElementCount && !this.#arrived.length;
    if (gap.anew) this.#caughtUp = 0;
    this.#previous = null;
    this.#add(gapOf(gap, first));
    this.#calm(gap.to);
  }

  #announce({ text, seq }) {
    this.#previous = null;
    this.#add(note(text));
    if (seq <= this.#caughtUp) return;
    const digest = /^(?:\d+ joined, )?(?:\d+ left, )?(\d+) here$/.exec(text);
    if (digest) this.count = Number(digest[1]);
    this.#looking ||= setTimeout(() => this.look(), limits.look);
    this.#changed();
  }

  #said(message) {
    const { sender, timestamp, seq } = message;
    const place = this.#place(seq);
    const own = this.#own.delete(place);
    if (own) this.#seat.name = sender;
    const mine = own || sender === this.#seat.name && sender !== nobody;
    const again = this.#previous?.sender === sender && timestamp - this.#previous.timestamp < groupedWithin;
    this.#previous = message;
    const line = messageOf(message, { mine, again });
    Object.assign(line.dataset, { place, sender });
    this.#add(line);
    if (seq <= this.#caughtUp || mine) return;
    if (!this.follow || !this.shown) this.below++;
    if (!this.shown || document.hidden) this.unread++;
    this.#changed();
  }

  #place(seq) { return `${this.room.epoch}:${seq}`; }

  // isMine marks what the reader has said. Of the many who may be Anonymous only the
  // number tells which one spoke, and only a message what a token calls its owner.
  #isMine(seq) {
    this.#flush();
    const place = this.#place(seq);
    const line = this.log.querySelector(`[data-place="${CSS.escape(place)}"]`);
    if (!line) return this.#own.add(place); // it is still to come
    line.classList.add('mine');
    this.#seat.name = line.dataset.sender;
  }

  // add gathers what arrives within a few milliseconds, so that a busy room costs
  // one layout for many messages.
  #add(line) {
    this.#arrived.push(line);
    if (this.#arrived.length > limits.lines) this.#arrived.shift();
    this.#flushing ||= setTimeout(() => this.#flush(), limits.gathered);
  }

  #flush() {
    clearTimeout(this.#flushing);
    this.#flushing = 0;
    this.log.append(...this.#arrived);
    this.#arrived = [];
    while (this.log.childElementCount > limits.lines) this.log.firstElementChild.remove();
    this.#stayAtEnd();
  }

  #stayAtEnd() {
    if (this.shown && this.follow) this.log.scrollTop = this.log.scrollHeight;
  }

  #scrolled() {
    if (!this.shown) return;
    const { scrollHeight, scrollTop, clientHeight } = this.log;
    this.#top = scrollTop;
    this.follow = scrollHeight - scrollTop - clientHeight < 48;
    if (this.follow) this.below = 0;
    this.#changed();
  }
}
