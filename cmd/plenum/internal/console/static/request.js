// Requests to the API of this listener.

const timeout = 4000; // ms

// Failed is an answer of the server that is not a success, or no answer.
export class Failed extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status; // 0: no answer
  }
}

// request returns the JSON answer to a request. It throws a Failed.
export async function request(path, method = 'GET', body) {
  let response;
  let answer;
  try {
    response = await fetch(path, { method, body: body && JSON.stringify(body), cache: 'no-store', signal: AbortSignal.timeout(timeout) });
    answer = await response.json();
  } catch {
    throw new Failed(0, 'No answer');
  }
  if (!response.ok) throw new Failed(response.status, answer.detail ?? `Status ${response.status}`);
  return answer;
}

// found is request, but returns undefined for status 404.
export async function found(path) {
  try {
    return await request(path);
  } catch (error) {
    if (error.status !== 404) throw error;
    return undefined;
  }
}

// path returns the path of a resource from the names in it.
export const path = (...names) => `/api/${names.map(encodeURIComponent).join('/')}`;
