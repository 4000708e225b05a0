//! A room: its sequence and its broadcast channel.
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use tokio::sync::broadcast::{Receiver, Sender};

/// A message as members get it. The keys are sent in the order of the fields.
#[derive(Serialize)]
struct Envelope<'a> {
    sender: &'a str,
    text: &'a str,
    room: &'a str,
    timestamp: u128, // Unix milliseconds
    seq: u64,        // counts the room's messages from 1
}

pub struct Room {
    name: String,
    messages: Sender<Utf8Bytes>,
    seq: Mutex<u64>, // held while a message is sent, so that all members get the same order
}

impl Room {
    /// Makes a room whose members may be `buffer` messages behind.
    pub fn new(name: String, buffer: usize) -> Room {
        Room {
            name,
            messages: Sender::new(buffer),
            seq: Mutex::new(0),
        }
    }

    pub fn subscribe(&self) -> Receiver<Utf8Bytes> {
        self.messages.subscribe()
    }

    /// Numbers the message, builds its JSON once and sends it to all members.
    pub fn publish(&self, sender: &str, text: &str) {
        let mut seq = self.seq.lock().unwrap();
        *seq += 1;
        let timestamp = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("the clock is set")
            .as_millis();
        let envelope = Envelope {
            sender,
            text,
            room: &self.name,
            timestamp,
            seq: *seq,
        };
        let json = serde_json::to_string(&envelope).expect("strings and numbers can be encoded");
        let _ = self.messages.send(json.into()); // fails if the room has no members
    }
}
