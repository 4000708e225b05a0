//! The command line: `--listen`, `--ping-period`, `--send-buffer` and `--join-writes`, as the other peers take them.
use std::time::Duration;

pub struct Options {
    pub listen: String,
    pub ping_period: Duration, // zero: no pings
    pub send_buffer: usize,    // messages that a client may be behind
    pub join_writes: bool,     // send all messages that wait for a client in one write
}

impl Options {
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options {
            listen: "127.0.0.1:0".into(),
            ping_period: Duration::from_secs(15),
            send_buffer: 256,
            join_writes: false,
        };
        while let Some(name) = arguments.next() {
            if name == "--join-writes" {
                options.join_writes = true;
                continue;
            }
            let value = arguments.next().ok_or(format!("{name} needs a value"))?;
            match name.as_str() {
                "--listen" => options.listen = value,
                "--ping-period" => options.ping_period = seconds(&value)?,
                "--send-buffer" => options.send_buffer = positive(&value)?,
                _ => return Err(format!("unknown option {name}")),
            }
        }
        Ok(options)
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.strip_suffix('s').unwrap_or(text);
    number
        .parse()
        .map(Duration::from_secs)
        .map_err(|_| format!("bad --ping-period {text}: whole seconds, as in 15s"))
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or(format!(
        "bad --send-buffer {text}: a number above 0 is needed"
    ))
}
