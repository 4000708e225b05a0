// The list of all rooms. The server's API answers only callers on its own machine, or admins.

const timeout = 5_000; // milliseconds

export class Directory {
  rooms = new Map(); // number of members by name of the room, the first page
  more = false; // there are more rooms
  #refused = false;

  // refresh updates the list. If the server cannot be reached, the list does not change.
  async refresh(token) {
    if (this.#refused || document.hidden) return;
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    try {
      const response = await fetch('api/rooms', { headers, signal: AbortSignal.timeout(timeout) });
      this.#refused = response.status === 401 || response.status === 403;
      const { rooms, cursor } = response.ok ? await response.json() : { rooms: [] };
      this.rooms = new Map(rooms.map(({ room, members }) => [room, members]));
      this.more = Boolean(cursor);
    } catch { /* the next refresh tries again */ }
  }
}
