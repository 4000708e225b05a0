// The figures on the page: how they are computed from the server's counters, and how they are formatted.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const precise = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const coarse = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });
const large = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 4 });

// ---- formats: a number, then a no-break space and a unit

export function number(n) {
  if (n >= 1e6) return large.format(n);
  return (n < 100 ? tenths : whole).format(n);
}

const perSecond = (n) => `${number(n)}\u00a0/s`;
const ratio = (n) => (n < 100 ? precise : whole).format(n);

function duration(seconds) {
  if (seconds >= 10) return '>10\u00a0s'; // the server's largest bound
  return seconds < 1 ? `${coarse.format(seconds * 1000)}\u00a0ms` : `${coarse.format(seconds)}\u00a0s`;
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const power = (n) => (n < 1 ? 0 : Math.min(Math.floor(Math.log2(n) / 10), units.length - 1));
const bytes = (n) => `${precise.format(n / 1024 ** power(n))}\u00a0${units[power(n)]}`;

export function age(seconds) {
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60].map(Math.floor);
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${Math.floor(seconds)} s`;
}

// ---- comparing snapshots

const fresh = 5; // seconds: a rate over a longer time would hide changes within it

// viewOf returns the newest of the snapshots since the server's start, and functions that compare it with older ones.
export function viewOf(snapshots) {
  const now = snapshots.at(-1);
  const back = (then) => now.uptime_seconds - then.uptime_seconds;
  const since = (seconds) => snapshots.find((then) => back(then) <= seconds);
  const before = snapshots.at(-2) && back(snapshots.at(-2)) < fresh ? snapshots.at(-2) : null;
  const more = (key) => now[key] - before[key];
  const rate = (key) => before && more(key) / back(before);
  return { now, back, since, before, more, rate };
}

// quantile returns the q quantile of the delivery times between two snapshots; null if there were no deliveries. It
// assumes that the times between two bounds are distributed evenly.
export function quantile(q, now, then) {
  const rank = q * (now.total - then.total);
  if (rank === 0) return null;
  let below = 0;
  let from = 0;
  for (const [i, bound] of now.bounds_seconds.entries()) {
    const within = now.within[i] - then.within[i];
    if (within >= rank) return from + ((bound - from) * (rank - below)) / (within - below);
    [below, from] = [within, bound];
  }
  return from;
}

const latency = (q, { now, since }) => quantile(q, now.fan_out, since(10.5).fan_out);

// ---- the figures

// Each figure has a plot. of: the value, or null; more: the line below the value; part: the share of a limit, for
// the bar; alarm: whether the value is critical; least: the minimum height of the plot's axis; write: the format of
// the value; tick: the format on the axis, by default write.
export const figures = [
  {
    id: 'connections', title: 'Connections', least: 2, write: number,
    of: ({ now }) => now.connections,
    more: ({ now, rate }) => `of ${number(now.connections_max)}; ${number(rate('upgrades') ?? 0)} new per second`,
    part: ({ now }) => now.connections / now.connections_max,
    alarm: ({ now }) => now.connections >= now.connections_max,
  },
  {
    id: 'members', title: 'Members of rooms', least: 2, write: number,
    of: ({ now }) => now.members,
    more: ({ now }) => `in ${number(now.rooms)} ${now.rooms === 1 ? 'room' : 'rooms'}`,
  },
  {
    id: 'behind', title: 'Members behind', least: 2, write: number,
    of: ({ now }) => now.members_behind,
    more: ({ now }) => `${number(now.evictions)} closed as too slow and ${number(now.gaps)} gaps sent in total`,
  },
  {
    id: 'published', title: 'Messages in', least: 2, write: perSecond, tick: number,
    of: ({ rate }) => rate('published'),
    more: ({ now }) => `${number(now.published)} messages published in total`,
  },
  {
    id: 'deliveries', title: 'Deliveries', least: 2, write: perSecond, tick: number,
    of: ({ rate }) => rate('deliveries'),
    more: ({ rate }) => `${bytes(rate('bytes') ?? 0)} per second`,
  },
  {
    id: 'batch', title: 'Messages per write', least: 2, write: ratio,
    of: ({ before, more }) => (before && more('writes') > 0 ? more('deliveries') / more('writes') : null),
    more: ({ rate }) => `${number(rate('writes') ?? 0)} writes per second`,
  },
  {
    id: 'p99', title: 'Fan-out, 99th percentile', least: 0.001, write: duration,
    of: (view) => latency(0.99, view),
    more: (view) => `last 10 s; median ${duration(latency(0.5, view) ?? 0)}; ${number(view.now.queue)} in the queue`,
  },
  {
    id: 'cpu', title: 'Processor', least: 1, write: (n) => precise.format(Math.round(n * 100) / 100),
    of: ({ rate }) => rate('cpu_seconds'),
    more: ({ now }) => `of ${now.cores} ${now.cores === 1 ? 'processor' : 'processors'}`,
    part: ({ now, rate }) => (rate('cpu_seconds') ?? 0) / now.cores,
  },
  {
    id: 'memory', title: 'Memory', least: 2 ** 20, write: bytes, unit: (n) => 1024 ** power(n),
    of: ({ now }) => now.memory.used,
    more: ({ now: { memory } }) => {
      if (memory.limit === 0) return 'no limit is set';
      return `of ${bytes(memory.limit)}${memory.short ? ': short, new connections refused' : ''}`;
    },
    part: ({ now: { memory } }) => (memory.limit > 0 ? memory.used / memory.limit : null),
    alarm: ({ now }) => now.memory.short,
  },
];
