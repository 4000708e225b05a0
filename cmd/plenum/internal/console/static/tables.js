// The tables: counters that are not zero, the largest first.

const codes = {
  1000: 'normal', 1001: 'the client went away', 1002: 'protocol error', 1003: 'unsupported data',
  1005: 'no code given', 1006: 'without a close frame', 1007: 'invalid UTF-8', 1008: 'policy',
  1009: 'message too big', 1010: 'extension missing', 1011: 'ping timeout or internal error',
  1012: 'restarting', 1013: 'too slow', 3000: 'to 3999, libraries’', 4000: 'to 4999, applications’',
};

const slow = {
  behind: 'Fell behind', evictions: 'Closed as too slow', gaps: 'Gaps sent', gap_messages: 'Messages in gaps',
  backlog_full: 'Refused, backlog full', overloads: 'Rooms overloaded', held_back: 'Publishers paused',
};

const listed = (counters, name) => Object.entries(counters)
  .map(([key, n]) => ({ key, name: name(key), n }))
  .filter(({ n }) => n > 0)
  .sort((a, b) => b.n - a.n);

// counts: the rows of a snapshot; head: the title of the first column; none: the text of an empty table.
export const tables = [
  {
    id: 'slow', head: 'Event', none: 'No member was too slow.',
    counts: (snapshot) => listed(Object.fromEntries(Object.keys(slow).map((key) => [key, snapshot[key]])), (key) => slow[key]),
  },
  {
    id: 'refused', head: 'Reason', none: 'No client was refused.',
    counts: ({ refused }) => listed(refused, (key) => key.replaceAll('_', ' ')),
  },
  {
    id: 'closed', head: 'Code', none: 'No connection was closed.',
    counts: ({ closed }) => listed(closed, (key) => `${key} ${codes[key] ?? ''}`),
  },
];
