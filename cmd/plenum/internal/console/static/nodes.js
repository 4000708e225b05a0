// The nodes of a cluster, of which this server is one, and the bus between them.
import { number } from './figures.js';

const $ = (id) => document.getElementById(id);

// condition of a node: ready, or why not, in its own words; null: it has not answered.
const condition = (status) => status?.ready ?? 'no answer';

// count is a figure of a node, which may be of another version.
const count = (n) => (Number.isFinite(n) ? number(n) : '–');

const times = (n) => (n === 1 ? 'once' : `${number(n)} times`);

function busLine({ now: { cluster }, before, back }) {
  const { nodes, up, batches, conflicts, downs } = cluster;
  if (!up) return 'The bus is away: no messages are taken here, and other nodes are out of reach.';
  const ready = nodes.filter(({ status }) => condition(status) === 'ready').length;
  const rate = before ? (batches - before.cluster.batches) / back(before) : 0;
  return `${number(ready)} of ${number(nodes.length)} ready. The bus is there${downs > 0 ? `, and was away ${times(downs)}` : ''}: `
    + `${number(rate)} batches a second from this node, ${number(batches)} in all, ${number(conflicts)} `
    + `${conflicts === 1 ? 'conflict' : 'conflicts'}.`;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text; // leaves a reader's place alone
}

function showNode(row, { id, name, this: here, status }) {
  const state = condition(status);
  const cells = {
    name: name || id, condition: state, most: status ? `of ${count(status.connections_max)}` : '',
    connections: count(status?.connections), rooms: count(status?.rooms),
    members: count(status?.members), behind: count(status?.members_behind),
  };
  for (const [cell, text] of Object.entries(cells)) write(row.querySelector(`.${cell}`), text);
  row.querySelector('.this').hidden = !here;
  row.dataset.condition = ['ready', 'draining'].includes(state) ? state : 'out';
}

// rowsOf is a row for each node, those that there are already for those that they show.
function rowsOf(nodes, body) {
  const shown = new Map([...body.rows].map((row) => [row.dataset.id, row]));
  return nodes.map(({ id }) => {
    const row = shown.get(id) ?? $('node').content.cloneNode(true).firstElementChild;
    row.dataset.id = id;
    return row;
  });
}

// showNodes shows what a snapshot tells of the cluster, where there is one.
export function showNodes(view) {
  const { cluster } = view.now;
  $('nodes').hidden = cluster === null;
  if (cluster === null) return;
  write($('bus'), busLine(view));
  $('nodes').classList.toggle('alarm', !cluster.up);
  const body = $('nodes').querySelector('tbody');
  const rows = rowsOf(cluster.nodes, body);
  if (rows.length !== body.rows.length || rows.some((row, i) => row !== body.rows[i])) body.replaceChildren(...rows);
  rows.forEach((row, i) => showNode(row, cluster.nodes[i]));
}
