// The room that was chosen on the page of rooms: its members, and its messages as they arrive.
import { number } from './figures.js';
import { Failed, found, path, request } from './request.js';

const page = 100; // messages or members per request
const most = 200; // messages on the page

const $ = (id) => document.getElementById(id);

function element(template) {
  return $(template).content.cloneNode(true).firstElementChild;
}

const time = (ms) => new Date(ms).toLocaleTimeString('en-GB');

export class Room {
  #name;
  #since; // the position of the last message on the page; undefined: none yet
  #memberPages = 1;

  constructor(name) {
    this.#name = name;
    $('room-title').textContent = name;
    for (const id of ['messages', 'members', 'about', 'result', 'kicked']) $(id).replaceChildren();
    delete $('members').dataset.names;
  }

  async refresh() {
    const info = await found(path(this.#name));
    $('about').textContent = info
      ? `${number(info.members)} ${info.members === 1 ? 'member' : 'members'}, ${number(info.seq)} messages in epoch ${info.epoch}`
      : 'The room has no members and no messages.';
    await this.#showMessages();
    await this.#showMembers();
  }

  // ---- messages

  async #showMessages() {
    for (let more = true; more;) {
      const since = this.#since === undefined ? '' : `&since=${encodeURIComponent(this.#since)}`;
      const answer = await found(`${path(this.#name, 'messages')}?limit=${page}${since}`);
      if (!answer) break;
      if (this.#since !== undefined && answer.gap) this.#append(this.#gap(answer.gap));
      for (const message of answer.messages) this.#append(this.#message(message));
      this.#since = answer.since;
      more = answer.more;
    }
    $('no-messages').hidden = $('messages').childElementCount > 0;
  }

  // append adds the newest item. The list is shown in reverse order, so the newest one is on top and in view.
  #append(item) {
    $('messages').append(item);
    while ($('messages').childElementCount > most) $('messages').firstElementChild.remove();
  }

  #message({ sender, text, event, data, timestamp, seq }) {
    const item = element('message');
    const parts = [event === undefined ? '' : `[${event}]`, text ?? '', data === undefined ? '' : JSON.stringify(data)];
    item.querySelector('time').textContent = time(timestamp);
    item.querySelector('b').textContent = sender;
    item.querySelector('.text').textContent = parts.filter((part) => part !== '').join(' ');
    item.querySelector('small').textContent = number(seq);
    return item;
  }

  #gap({ from, to }) {
    const text = to < from ? 'The room has started again.' : `The messages ${number(from)} to ${number(to)} are no longer retained.`;
    return Object.assign(document.createElement('li'), { className: 'gap', textContent: text });
  }

  // publish publishes a message, and shows the result.
  async publish(sender, text) {
    await this.#tell($('result'), async () => {
      const { seq } = await request(path(this.#name, 'messages'), 'POST', { sender, text });
      $('text').value = '';
      return `Published as message ${number(seq)}.`;
    });
  }

  // ---- members

  moreMembers() { this.#memberPages++; }

  async #showMembers() {
    const names = [];
    let cursor = '';
    let incomplete = false;
    for (let i = 0; i < this.#memberPages; i++) {
      const answer = await found(`${path(this.#name, 'members')}?limit=${page}&cursor=${encodeURIComponent(cursor)}`);
      names.push(...(answer?.members ?? []));
      cursor = answer?.cursor ?? '';
      incomplete ||= answer?.incomplete ?? false;
      if (cursor === '') break;
    }
    $('no-members').hidden = names.length > 0;
    $('no-members').textContent = incomplete ? 'A node of the cluster did not answer.' : 'Nobody is in the room.';
    $('more-members').hidden = cursor === '';
    const text = JSON.stringify(names);
    if ($('members').dataset.names === text) return; // so that the focus is kept
    $('members').dataset.names = text;
    $('members').replaceChildren(...names.map((name) => this.#member(name)));
  }

  #member(name) {
    const item = element('member');
    item.querySelector('.name').textContent = name;
    const button = item.querySelector('button');
    button.setAttribute('aria-label', `Kick ${name}`);
    button.addEventListener('click', () => this.#kick(name, button));
    return item;
  }

  async #kick(name, button) {
    button.disabled = true;
    await this.#tell($('kicked'), async () => {
      const { closed } = await request(path(this.#name, 'members', name), 'DELETE');
      return `${name} was kicked: ${number(closed)} ${closed === 1 ? 'connection was' : 'connections were'} closed.`;
    });
    button.disabled = false;
  }

  // tell shows the result of an action, or why it failed.
  async #tell(where, action) {
    try {
      where.textContent = await action();
      where.classList.remove('failed');
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      where.textContent = error.message;
      where.classList.add('failed');
    }
  }
}
