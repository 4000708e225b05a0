// A plot shows one figure over the last five minutes as a line.

export const span = 300; // seconds, the width of the SVG's coordinates; 100 is the height
const bridged = 5; // seconds: a longer time without a sample interrupts the line

// nice returns the top of the axis: a round number whose half is round, too, and at least 4% more than n.
function nice(n, least, unit) {
  const parts = Math.max((1.04 * n) / unit, 1e-9);
  const step = 10 ** Math.floor(Math.log10(parts));
  const top = [1, 2, 4, 6, 8, 10].find((each) => each * step >= parts);
  return Math.max(top * step * unit, least);
}

// piecesOf returns the points of the line, in pieces without interruptions.
function piecesOf(samples, id, now) {
  const pieces = [];
  let last = null;
  for (const { at, values } of samples) {
    const value = values[id];
    if (value === null) {
      last = null;
      continue;
    }
    if (last === null || at - last > bridged * 1000) pieces.push([]);
    pieces.at(-1).push({ x: span - (now - at) / 1000, value });
    last = at;
  }
  return pieces;
}

// draw draws the figure's line, and sets the plot's text alternative.
export function draw(plot, { id, title, least, write, tick = write, unit = () => 1 }, samples, now) {
  const pieces = piecesOf(samples, id, now);
  const values = pieces.flat().map(({ value }) => value);
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  const top = nice(most, least, unit(most));
  const point = ({ x, value }) => `${x.toFixed(1)} ${(100 - (100 * value) / top).toFixed(1)}`;
  const path = (name, d) => plot.querySelector(`.${name}`).setAttribute('d', d);

  path('line', pieces.map((piece) => `M${piece.map(point).join('L')}h0`).join(''));
  path('area', pieces.map((piece) => `M${piece[0].x.toFixed(1)} 100L${piece.map(point).join('L')}V100Z`).join(''));
  const end = pieces.at(-1)?.at(-1);
  path('dot', end && end.x > span - bridged ? `M${point(end)}h0` : '');
  plot.querySelectorAll('.y span').forEach((label, i) => { label.textContent = i === 2 ? '0' : tick((top * (2 - i)) / 2); });
  plot.querySelector('svg').setAttribute('aria-label', values.length === 0
    ? `${title}: no data in the last five minutes`
    : `${title}, in the last five minutes: now ${write(values.at(-1))}, minimum ${write(Math.min(...values))}, maximum ${write(most)}`);
}
