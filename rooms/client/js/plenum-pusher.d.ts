// The types of plenum-pusher.js.

/** The methods of pusher-js that resume wraps. */
export interface Resumable {
  send_event(event: string, data: any, channel?: string): boolean;
  unsubscribe(channel: string): void;
}

/** Lets a pusher-js that is not connected yet resume its channels after each reconnect, and returns it. */
export function resume<P extends Resumable>(pusher: P): P;
