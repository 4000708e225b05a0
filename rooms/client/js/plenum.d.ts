// The types of plenum.js. ../README.md describes the members.

/** What a message carries: at least one of the three. */
export interface Content {
  text?: string;
  /** the name of an event, at most 128 bytes */
  event?: string;
  /** any JSON */
  data?: unknown;
}

/** A message of a room. Each is received once and in order. */
export interface Message extends Content {
  sender: string;
  room: string;
  /** Unix milliseconds */
  timestamp: number;
  seq: number;
}

/** The data of the events "joined" and "left" of the sender "System", with announcements=events in the url. */
export interface Presence {
  name: string;
  /** of a user who has joined with a token that has one */
  info?: unknown;
}

/** The room was joined, for the first time or after a reconnect. */
export interface Joined {
  room: string;
  epoch: string;
  /** of the last message before the join */
  seq: number;
  members: number;
  recovered: boolean;
}

/** The messages from to to are lost. */
export interface Gap {
  room: string;
  from: number;
  to: number;
  epoch: string;
  /** true: messages of the old epoch are lost too, and to may be 0 */
  newEpoch: boolean;
}

/** code is one of the error codes of PROTOCOL.md, or "unknown", "not_joined", "offline" or "busy". */
export interface PlenumError extends Error {
  code: string;
}

export type State =
  | { state: "connecting" }
  | { state: "open" }
  | { state: "waiting"; /** as in Date.now() */ until: number; code: number; reason: string }
  | { state: "closed"; code: number; reason: string };

export interface MemberPage {
  members: string[];
  /** by name: of those that have one, if asked for */
  infos?: Record<string, unknown>;
  /** empty on the last page */
  cursor: string;
  /** true: a node of the cluster did not answer */
  incomplete?: boolean;
}

export interface Room {
  readonly name: string;
  /** epoch:seq, or undefined until the room is joined */
  readonly position: string | undefined;
  onjoin?: (event: Joined) => void;
  onmessage?: (message: Message) => void;
  ongap?: (gap: Gap) => void;
  onerror?: (error: PlenumError) => void;
  /** Resolves to the message's seq. Rejects with a PlenumError. */
  publish(content: string | Content): Promise<number>;
  /** infos: with the infos of the names */
  members(cursor?: string, infos?: boolean): Promise<MemberPage>;
  leave(): void;
}

export interface Options {
  /** the server's /ws, by default the one beside the module */
  url?: string | URL;
  name?: string;
  token?: string | (() => string | Promise<string>);
}

export interface JoinOptions {
  /** receive all retained messages */
  history?: boolean;
  /** epoch:seq: receive the messages after this position */
  since?: string;
}

export class Plenum {
  constructor(options?: Options);
  readonly state: State;
  onstate?: (state: State) => void;
  join(room: string, options?: JoinOptions): Room;
  retry(): void;
  /** Replaces the token. Resolves when the server has accepted it, or at once without a connection. */
  refresh(token: string): Promise<unknown>;
  close(): void;
}
