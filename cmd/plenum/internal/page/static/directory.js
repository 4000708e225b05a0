// The rooms that the server tells of. It tells callers on its own machine, or admins.

const patience = 5_000; // in milliseconds

export class Directory {
  rooms = new Map(); // the members of those on the first page, by name
  more = false; // there are others
  #refused = false;

  // ask brings it up to date; where the server is away it stays as it was.
  async ask(token) {
    if (this.#refused || document.hidden) return;
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    try {
      const response = await fetch('api/rooms', { headers, signal: AbortSignal.timeout(patience) });
      this.#refused = response.status === 401 || response.status === 403;
      const { rooms, cursor } = response.ok ? await response.json() : { rooms: [] };
      this.rooms = new Map(rooms.map(({ room, members }) => [room, members]));
      this.more = Boolean(cursor);
    } catch { /* the next time */ }
  }
}
