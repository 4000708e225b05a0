// The operations page. While it is visible, it requests GET /status once per second and shows the changes.
import { age, figures, number, viewOf } from './figures.js';
import { showNodes } from './nodes.js';
import { draw, span } from './plot.js';
import { tables } from './tables.js';

const every = 1000; // ms from a response to the next request
const timeout = 4000; // ms

const $ = (id) => document.getElementById(id);
const polling = { timer: 0, waiting: false };
const history = {
  snapshots: [], // since the server's last start
  samples: [], // values of the figures, also from before the server's last start
  answered: null, // time of the last response
};

// ---- polling

async function poll() {
  polling.waiting = true;
  const answer = await status();
  polling.waiting = false;
  if (answer === null) failed();
  else received(answer);
  schedule();
}

async function status() {
  try {
    const response = await fetch('/status', { cache: 'no-store', signal: AbortSignal.timeout(timeout) });
    return response.ok ? await response.json() : null;
  } catch {
    return null; // the server cannot be reached, or does not answer in time
  }
}

// schedule schedules the next request, unless the page is hidden.
function schedule() {
  clearTimeout(polling.timer);
  if (document.hidden) return show('paused', 'Paused');
  polling.timer = setTimeout(poll, every);
}

function visibilityChanged() {
  if (polling.waiting) return;
  if (document.hidden) schedule();
  else poll();
}

// ---- responses

function received(now) {
  if (now.started !== history.snapshots.at(-1)?.started) history.snapshots = [];
  history.snapshots.push(now);
  history.answered = new Date();
  const view = viewOf(history.snapshots);
  history.snapshots = history.snapshots.filter((then) => view.back(then) <= span);
  history.samples.push({ at: Date.now(), values: Object.fromEntries(figures.map(({ id, of }) => [id, of(view)])) });
  show(...condition(now));
  showServer(now);
  showNodes(view);
  figures.forEach((figure) => showFigure(figure, view));
  tables.forEach((table) => showTable(table, view));
  drawAll();
}

function condition({ drain, cluster }) {
  if (drain) return ['draining', 'Draining'];
  return cluster?.up === false ? ['cut-off', 'Brokers unreachable'] : ['live', 'Live'];
}

function failed() {
  const { answered } = history;
  show('silent', answered ? `No answer since ${answered.toLocaleTimeString('en-GB')}` : 'No answer');
  drawAll();
}

// ---- showing

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function show(state, text) {
  document.body.dataset.state = state;
  write($('state'), text);
}

function showServer({ uptime_seconds: uptime, version, drain, connections: left }) {
  write($('uptime'), `up ${age(uptime)}`);
  write($('version'), version);
  $('drain').hidden = drain === null;
  if (drain === null) return;
  const { connections, seconds, delay_seconds: delay, window_seconds: window } = drain;
  const phase = seconds < delay
    ? `The server starts to close them in ${age(delay - seconds)}.`
    : `${age(seconds - delay)} of the drain window of at most ${age(window)} have passed.`;
  write($('drain-text'), `${number(left)} of ${number(connections)} connections are open. ${phase}`);
  $('drain-bar').max = Math.max(connections, 1);
  $('drain-bar').value = Math.max(connections - left, 0);
}

const cardOf = (id) => document.querySelector(`[data-figure="${id}"]`);

function showFigure({ id, write: inWords, more, part, alarm }, view) {
  const card = cardOf(id);
  const value = history.samples.at(-1).values[id];
  const [, figure, unit] = /^(.*?)(\u00a0.*)?$/.exec(value === null ? '–' : inWords(value));
  write(card.querySelector('strong'), figure);
  write(card.querySelector('small'), unit ?? '');
  write(card.querySelector('.more'), more(view));
  card.classList.toggle('alarm', alarm?.(view) ?? false);
  const filled = part?.(view) ?? null;
  card.querySelector('.part').hidden = filled === null;
  card.style.setProperty('--part', Math.min(filled ?? 0, 1));
}

function drawAll() {
  const now = Date.now();
  history.samples = history.samples.filter(({ at }) => now - at <= span * 1000);
  for (const figure of figures) draw(cardOf(figure.id).querySelector('.plot'), figure, history.samples, now);
}

function showTable({ id, counts }, { now, since, back }) {
  const then = since(span);
  const before = new Map(counts(then).map(({ key, n }) => [key, n]));
  const rows = counts(now).map(({ key, name, n }) => [name, number(n - (before.get(key) ?? 0)), number(n)]);
  write($(id).querySelector('.lately'), `Last ${age(back(then))}`);
  const body = $(id).querySelector('tbody');
  $(id).querySelector('table').hidden = rows.length === 0;
  $(id).querySelector('.none').hidden = rows.length > 0;
  const text = JSON.stringify(rows);
  if (body.dataset.rows === text) return; // so that a selection and the scroll position are kept
  body.dataset.rows = text;
  body.replaceChildren(...rows.map(row));
}

function row([name, ...counts]) {
  const line = document.createElement('tr');
  const head = Object.assign(document.createElement('th'), { scope: 'row', textContent: name });
  line.append(head, ...counts.map((n) => Object.assign(document.createElement('td'), { textContent: n })));
  return line;
}

// ---- start

function build() {
  for (const { id, title } of figures) {
    const card = $('card').content.cloneNode(true).firstElementChild;
    card.dataset.figure = id;
    card.querySelector('h2').textContent = title;
    $('cards').append(card);
  }
  for (const { id, head, none } of tables) {
    const table = $('table').content.cloneNode(true);
    table.querySelector('th').textContent = head;
    table.querySelector('.none').textContent = none;
    $(id).append(table);
  }
}

build();
document.addEventListener('visibilitychange', visibilityChanged);
if (!document.hidden) poll();
