// What the page stores: the name and the last room in the browser's storage, and the rooms in the
// address. A token is never stored.

export function remember(key, value) {
  try { localStorage.setItem(`plenum.${key}`, value); } catch { /* storage is disabled */ }
}

export function recall(key) {
  try { return localStorage.getItem(`plenum.${key}`) ?? ''; } catch { return ''; }
}

// setAddress puts the rooms and the name into the address, so that a reload returns to the same rooms.
export function setAddress(rooms, name) {
  const query = rooms.length ? `?${new URLSearchParams([...rooms.map((room) => ['room', room]), ['name', name]])}` : '';
  history.replaceState(null, '', location.pathname + query);
}

// address returns the rooms and the name in the address. The name is null if there is none.
export function address() {
  const query = new URLSearchParams(location.search);
  return { rooms: [...new Set(query.getAll('room').filter(Boolean))], name: query.get('name') };
}

// takeToken returns the token in the address, or null. It removes the token from there, because browsers
// store addresses.
export function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token !== null) history.replaceState(null, '', location.pathname + location.search);
  return token;
}
