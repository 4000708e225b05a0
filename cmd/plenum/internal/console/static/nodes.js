// The section Nodes: the nodes of the cluster, including this one, and the connection to the brokers.
import { number } from './figures.js';

const $ = (id) => document.getElementById(id);

// condition returns the /readyz text of a node. status is null if the node has not answered.
const condition = (status) => status?.ready ?? 'no answer';

// count formats a number. It may be missing, because the node may have another version.
const count = (n) => (Number.isFinite(n) ? number(n) : '–');

const times = (n) => (n === 1 ? 'once' : `${number(n)} times`);

function busLine({ now: { cluster }, before, back }) {
  const { nodes, up, batches, conflicts, downs } = cluster;
  if (!up) return 'No broker can be reached: this node refuses messages, and the other nodes are not visible.';
  const ready = nodes.filter(({ status }) => condition(status) === 'ready').length;
  const rate = before ? (batches - before.cluster.batches) / back(before) : 0;
  return `${number(ready)} of ${number(nodes.length)} ready. Connected to the brokers${downs > 0 ? ` (lost ${times(downs)})` : ''}: `
    + `${number(rate)} batches per second from this node, ${number(batches)} in total, ${number(conflicts)} `
    + `${conflicts === 1 ? 'conflict' : 'conflicts'}.`;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text; // so that a selection is kept
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

// rowsOf returns a row for each node. It reuses the rows of nodes that are shown already.
function rowsOf(nodes, body) {
  const shown = new Map([...body.rows].map((row) => [row.dataset.id, row]));
  return nodes.map(({ id }) => {
    const row = shown.get(id) ?? $('node').content.cloneNode(true).firstElementChild;
    row.dataset.id = id;
    return row;
  });
}

// showNodes shows the cluster of a snapshot. Without a cluster it hides the section.
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
