// The room or channel that was chosen on the page: its members, and its messages as they arrive.
import { number } from './figures.js';
import { Failed, found, request } from './request.js';
import { source } from './sources.js';

const page = 100; // messages or members per request
const most = 200; // messages on the page

const $ = (id) => document.getElementById(id);

function element(template) {
  return $(template).content.cloneNode(true).firstElementChild;
}

const time = (ms) => new Date(ms).toLocaleTimeString('en-GB');

// Closed ends what a room still does after another one was chosen.
class Closed extends Error {}

export class Room {
  #name;
  #since; // the position of the last message on the page; undefined: none yet
  #live = false; // further messages arrive now
  #memberPages = 1;
  #closed = false;

  constructor(name) {
    this.#name = name;
    $('room-title').textContent = source.shown(name).join(', ');
    for (const id of ['messages', 'members', 'about', 'result', 'kicked']) $(id).replaceChildren();
    delete $('members').dataset.names;
  }

  // close is called when another room was chosen. The room shows nothing any more.
  close() { this.#closed = true; }

  async refresh() {
    try {
      await this.#showInfo();
      await this.#showMessages();
      await this.#showMembers();
    } catch (error) {
      if (!(error instanceof Closed)) throw error;
    }
  }

  // ask returns the answer to a request about the room; undefined for status 404.
  async #ask(query, ...parts) {
    const answer = await found(source.path(this.#name, ...parts) + query);
    if (this.#closed) throw new Closed();
    return answer;
  }

  async #showInfo() {
    const info = await this.#ask('');
    $('about').textContent = info
      ? `${count(info.members, source.member)}, ${count(info.seq, source.message)} in epoch ${info.epoch}`
      : `The ${source.room} has no ${source.member}s and no ${source.message}s.`;
  }

  // ---- messages

  async #showMessages() {
    for (let more = true; more;) {
      const since = this.#since === undefined ? '' : `&since=${encodeURIComponent(this.#since)}`;
      const answer = await this.#ask(`?limit=${page}${since}`, 'messages');
      if (!answer) break;
      if (this.#since !== undefined && answer.gap) this.#append(this.#gap(answer.gap));
      for (const message of answer.messages) this.#append(this.#message(message));
      this.#since = answer.since;
      more = answer.more;
    }
    this.#live = true;
    $('no-messages').hidden = $('messages').childElementCount > 0;
  }

  // append adds the newest item. The list is shown in reverse order, so the newest one is on top and in view.
  #append(item) {
    $('messages').append(item);
    while ($('messages').childElementCount > most) $('messages').firstElementChild.remove();
  }

  #message(message) {
    const item = element('message');
    const { at, head, text } = source.parts(message, this.#live);
    item.querySelector('time').textContent = at === undefined ? '' : time(at);
    item.querySelector('b').textContent = head;
    item.querySelector('.text').textContent = text;
    item.querySelector('small').textContent = number(message.seq);
    return item;
  }

  #gap({ from, to }) {
    const text = to < from ? `The ${source.room} has started again.` : `The ${source.message}s ${number(from)} to ${number(to)} are no longer retained.`;
    return Object.assign(document.createElement('li'), { className: 'gap', textContent: text });
  }

  // publish publishes a message, and shows the result.
  async publish(head, content) {
    await this.#tell($('result'), async () => {
      const { seq } = await request(source.path(this.#name, 'messages'), 'POST', source.body(head, content));
      if (!this.#closed) $('content').value = '';
      return `Published as ${source.message} ${number(seq)}.`;
    });
  }

  // ---- members

  moreMembers() { this.#memberPages++; }

  async #showMembers() {
    if (!source.names(this.#name)) {
      $('no-members').textContent = 'Only a presence channel shows its users.';
      $('no-members').hidden = false;
      $('more-members').hidden = true;
      return;
    }
    const members = [];
    let cursor = '';
    let incomplete = false;
    for (let i = 0; i < this.#memberPages; i++) {
      const answer = await this.#ask(`?limit=${page}&infos=true&cursor=${encodeURIComponent(cursor)}`, 'members');
      const infos = new Map(Object.entries(answer?.infos ?? {}));
      members.push(...(answer?.members ?? []).map((name) => ({ name, info: infos.get(name) })));
      cursor = answer?.cursor ?? '';
      incomplete ||= answer?.incomplete ?? false;
      if (cursor === '') break;
    }
    $('no-members').hidden = members.length > 0;
    $('no-members').textContent = incomplete ? 'A node of the cluster did not answer.' : source.nobody;
    $('more-members').hidden = cursor === '';
    const text = JSON.stringify(members);
    if ($('members').dataset.names === text) return; // so that the focus is kept
    $('members').dataset.names = text;
    $('members').replaceChildren(...members.map((member) => this.#member(member)));
  }

  #member({ name, info }) {
    const item = element('member');
    item.querySelector('.name').textContent = name;
    item.querySelector('small').textContent = info === undefined ? '' : JSON.stringify(info);
    const button = item.querySelector('button');
    button.setAttribute('aria-label', `Kick ${name}`);
    button.addEventListener('click', () => this.#kick(name, button));
    return item;
  }

  async #kick(name, button) {
    button.disabled = true;
    await this.#tell($('kicked'), async () => {
      const { closed } = await request(source.path(this.#name, 'members', name), 'DELETE');
      return `${name} was kicked: ${number(closed)} ${closed === 1 ? 'connection was' : 'connections were'} closed.`;
    });
    button.disabled = false;
  }

  // tell shows the result of an action, or why it failed.
  async #tell(where, action) {
    let text;
    let failed = false;
    try {
      text = await action();
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      text = error.message;
      failed = true;
    }
    if (this.#closed) return;
    where.textContent = text;
    where.classList.toggle('failed', failed);
  }
}

function count(n, noun) {
  return `${number(n)} ${noun}${n === 1 ? '' : 's'}`;
}
