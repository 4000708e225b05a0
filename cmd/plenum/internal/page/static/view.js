// The view of one room: its log, its members, and the number of unread messages.

import { element } from './dom.js';
import { eventOf, gapOf, messageOf, note } from './lines.js';

const limits = { lines: 500, flush: 16, refresh: 500 }; // flush and refresh in milliseconds
const groupedWithin = 5 * 60_000; // milliseconds
export const anonymous = 'Anonymous';

const unsent = {
  unknown: 'The connection was lost before the server confirmed your message. It is in the input field again.',
  not_allowed: 'You may only read here: your message was not sent.',
  busy: 'The room is too busy: your message was not sent. Try again.',
  bus: 'The server is disconnected from the other servers: your message was not sent. Try again later.',
};

export class RoomView {
  count = 0; // members
  names = []; // of the members, the first page
  more = false; // there are more names
  unread = 0;
  below = 0; // new messages below the visible part of the log
  draft = '';
  follow = true; // the log is scrolled to its end
  shown = false;
  #top = 0;
  #user;
  #changed;
  #added = []; // lines to show at the next flush
  #flushTimer = 0;
  #refreshTimer = 0;
  #caughtUp; // the seq of the last message published before the reader joined
  #previous; // message
  #own = new Set(); // positions of the reader's messages that were not received yet

  // user is the reader: its name is updated. changed is called when something outside the log has changed.
  constructor(room, user, changed) {
    this.room = room;
    this.#user = user;
    this.#changed = changed;
    this.log = Object.assign(element('div', 'log'), {
      role: 'log', ariaLive: 'polite', ariaBusy: 'true', ariaLabel: `Messages in ${room.name}`, tabIndex: 0, hidden: true,
    });
    this.log.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#stayAtEnd()).observe(this.log);
    room.onjoin = (joined) => this.#joined(joined);
    room.onmessage = (message) => this.#receive(message);
    room.ongap = (gap) => this.#gap(gap);
  }

  // show shows or hides the log.
  show(shown) {
    this.shown = shown;
    this.log.hidden = !shown;
    if (shown && !this.follow) this.log.scrollTop = this.#top; // hiding has reset it
    this.#stayAtEnd();
  }

  // markRead is called when the reader sees the log.
  markRead() {
    this.unread = 0;
    this.#changed();
  }

  // publish publishes text. It resolves to false if the text may have to be published again.
  async publish(text) {
    try {
      this.#markMine(await this.room.publish(text));
      return true;
    } catch ({ code, message }) {
      if (code !== 'offline') this.#add(note(unsent[code] ?? `Your message was not sent: ${message}.`));
      return false;
    }
  }

  // refresh requests the names of the members. If the room is not joined yet, this happens when it is joined.
  async refresh() {
    clearTimeout(this.#refreshTimer);
    this.#refreshTimer = 0;
    if (!this.room.joined) return;
    try {
      const { members, cursor } = await this.room.members();
      Object.assign(this, { names: members, more: cursor !== '' });
      if (!this.more) this.count = members.length;
      this.#changed();
    } catch { /* the next connection requests them again */ }
  }

  toEnd() {
    this.follow = true;
    this.#stayAtEnd();
    this.below = 0;
    this.#changed();
  }

  #joined({ seq, members }) {
    if (this.#caughtUp === undefined) this.#caughtUp = seq;
    this.#endBusy(this.room.seq);
    this.count = members;
    this.refresh();
  }

  // endBusy makes screen readers read out further messages, once all earlier ones are shown.
  #endBusy(seq) {
    if (seq >= this.#caughtUp) this.log.ariaBusy = 'false';
  }

  #receive(message) {
    if (typeof message.sender !== 'string') return;
    message.text ??= eventOf(message);
    if (message.sender === 'System') this.#announce(message);
    else this.#addMessage(message);
    this.#endBusy(message.seq);
  }

  #gap(gap) {
    const first = !this.log.childElementCount && !this.#added.length;
    if (gap.newEpoch) this.#caughtUp = 0;
    this.#previous = null;
    this.#add(gapOf(gap, first));
    this.#endBusy(gap.to);
  }

  #announce({ text, seq }) {
    this.#previous = null;
    this.#add(note(text));
    if (seq <= this.#caughtUp) return;
    const digest = /^(?:\d+ joined, )?(?:\d+ left, )?(\d+) here$/.exec(text);
    if (digest) this.count = Number(digest[1]);
    this.#refreshTimer ||= setTimeout(() => this.refresh(), limits.refresh);
    this.#changed();
  }

  #addMessage(message) {
    const { sender, timestamp, seq } = message;
    const position = this.#position(seq);
    const own = this.#own.delete(position);
    if (own) this.#user.name = sender;
    const mine = own || sender === this.#user.name && sender !== anonymous;
    const again = this.#previous?.sender === sender && timestamp - this.#previous.timestamp < groupedWithin;
    this.#previous = message;
    const line = messageOf(message, { mine, again });
    Object.assign(line.dataset, { position, sender });
    this.#add(line);
    if (seq <= this.#caughtUp || mine) return;
    if (!this.follow || !this.shown) this.below++;
    if (!this.shown || document.hidden) this.unread++;
    this.#changed();
  }

  #position(seq) { return `${this.room.epoch}:${seq}`; }

  // markMine marks a message as the reader's own. Several users may be Anonymous, so only the seq
  // tells whose message it is. And if the reader has a token, only a message tells the name in it.
  #markMine(seq) {
    this.#flush();
    const position = this.#position(seq);
    const line = this.log.querySelector(`[data-position="${CSS.escape(position)}"]`);
    if (!line) return this.#own.add(position); // it has not been received yet
    line.classList.add('mine');
    this.#user.name = line.dataset.sender;
  }

  // add shows a line within a few milliseconds. In a busy room, many lines then share one layout.
  #add(line) {
    this.#added.push(line);
    if (this.#added.length > limits.lines) this.#added.shift();
    this.#flushTimer ||= setTimeout(() => this.#flush(), limits.flush);
  }

  #flush() {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = 0;
    this.log.append(...this.#added);
    this.#added = [];
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
