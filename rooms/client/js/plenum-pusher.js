// Resuming for an unmodified pusher-js whose server is plenum. After a reconnect, each channel continues after the
// last event that was received:
//
//   import { resume } from "/plenum-pusher.js";
//   const pusher = resume(new Pusher(key, options));
//   pusher.subscribe("news").bind("plenum:gap", ({ from, to, epoch }) => {}); // these events are lost
//
// It relies on the following of pusher-js, and is tested with 8.6.0:
//   - pusher-js subscribes with pusher.send_event. Both pusher-js and the program unsubscribe with pusher.unsubscribe.
//   - pusher.connection.connection.transport emits each frame as a "message". Only this is undocumented. No documented
//     part has the raw frames, and pusher-js leaves epoch and seq out of its own events.

// resume returns pusher, which must not be connected yet.
export function resume(pusher) {
  const { connection, send_event, unsubscribe } = pusher;
  if (connection.connection) throw new Error("plenum-pusher.js: call resume directly after new Pusher");
  const positions = new Map(); // by channel: the epoch and seq of the last event received. waiting: the answer is due

  pusher.send_event = (event, data, channel) => {
    if (event === "pusher:subscribe") {
      const { epoch, seq } = positions.get(data.channel) ?? {};
      positions.set(data.channel, { epoch, seq: epoch ? seq : 0, waiting: true });
      if (epoch) data = { ...data, since: `${epoch}:${seq}` };
    }
    return send_event.call(pusher, event, data, channel);
  };

  pusher.unsubscribe = (channel) => {
    positions.delete(channel); // a later subscription begins anew
    unsubscribe.call(pusher, channel);
  };

  // isNext keeps the position. It returns false for an event that the server sends again after its answer: one to the
  // user who has signed in.
  function isNext({ event, channel, epoch, seq }) {
    const at = positions.get(channel);
    if (event === "pusher_internal:subscription_succeeded") {
      positions.set(channel, { epoch, seq: at?.epoch ? seq : Math.max(at?.seq ?? 0, seq) });
    } else if (at && seq) {
      if (at.waiting && at.epoch) return false;
      at.seq = Math.max(at.seq, seq); // the kept event of a cache channel may be older
    }
    return true;
  }

  // isKnown returns whether the list of members, which is newer than an event from before it, has the member already.
  function isKnown({ event, channel, data }) {
    const members = pusher.channel(channel)?.members;
    if (!members || !/^pusher_internal:member_/.test(event)) return false;
    const id = JSON.parse(data).user_id;
    return id === String(members.myID) || event.endsWith("added") && members.get(id) !== null;
  }

  // emitGap emits the gap of an encrypted channel, which pusher-js would try to decrypt.
  function emitGap({ event, channel, data }) {
    const mine = event === "plenum:gap" && channel.startsWith("private-encrypted-");
    if (mine) pusher.channel(channel)?.emit(event, JSON.parse(data));
    return mine;
  }

  connection.bind("connected", () => {
    const { transport } = connection.connection, { emit } = transport;
    transport.emit = (name, ...values) => {
      const frame = name === "message" && parse(values[0].data);
      if (frame && (!isNext(frame) || isKnown(frame) || emitGap(frame))) return transport;
      return emit.call(transport, name, ...values);
    };
  });
  return pusher;
}

// parse returns undefined if text is not JSON. pusher-js reports that.
function parse(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}
