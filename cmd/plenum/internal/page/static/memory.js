// What the page remembers: the name and the room in the browser's storage, the rooms in
// the address, and a token nowhere.

export function remember(key, value) {
  try { localStorage.setItem(`plenum.${key}`, value); } catch { /* storage is off: nothing to remember */ }
}

export function recall(key) {
  try { return localStorage.getItem(`plenum.${key}`) ?? ''; } catch { return ''; }
}

// setAddress has a reload come back to the same rooms.
export function setAddress(rooms, name) {
  const query = rooms.length ? `?${new URLSearchParams([...rooms.map((room) => ['room', room]), ['name', name]])}` : '';
  history.replaceState(null, '', location.pathname + query);
}

// address is the rooms and the name that the address asks for; null: no name.
export function address() {
  const asked = new URLSearchParams(location.search);
  return { rooms: [...new Set(asked.getAll('room').filter(Boolean))], name: asked.get('name') };
}

// takeToken takes a token out of the address, which a browser would remember; null: there is none.
export function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token !== null) history.replaceState(null, '', location.pathname + location.search);
  return token;
}
