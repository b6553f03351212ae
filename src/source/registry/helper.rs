//! Credential helpers, run as docker runs them: `docker-credential-NAME get`, the server's name on
//! stdin, JSON on stdout.
//!
//! Refuses to pass anything else on, to show what the helper says, and to wait for it for ever.

#![allow(clippy::disallowed_methods, reason = "docker keeps credentials behind programs of its own")]

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use super::auth_file::{Credential, password_of};

/// The most that is read of an answer, in bytes; real ones are a few hundred.
const LONGEST_ANSWER: u64 = 1 << 20;
/// How long a helper may take: it may ask somebody for a passphrase.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks a helper. `None`: it knows no credentials for this server.
pub(super) fn ask(helper: &str, server: &str) -> Result<Option<Credential>, String> {
    if !helper.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
        return Err("the credential helper's name is no part of a program's name".to_owned());
    }
    let program = format!("docker-credential-{helper}");
    run(&program, server).map_err(|why| format!("{program}: {why}"))
}

fn run(program: &str, server: &str) -> Result<Option<Credential>, String> {
    let mut command = Command::new(program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let answer = converse(&mut child, server);
    if answer.is_err() {
        // it may hang: nobody waits for it any longer
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    let answer = answer?;
    if !status.success() {
        // the words that docker's own helpers share; what else they say may hold anything
        return match String::from_utf8_lossy(&answer).contains("credentials not found") {
            true => Ok(None),
            false => Err(format!("it fails ({status})")),
        };
    }
    let answer: Value = serde_json::from_slice(&answer).map_err(|_| "its answer is no JSON".to_owned())?;
    let text = |key: &str| answer.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    Ok(match (text("Username"), text("Secret")) {
        (Some(user), Some(secret)) => Some(password_of(user, secret)),
        _ => None,
    })
}

fn converse(child: &mut Child, server: &str) -> Result<Vec<u8>, String> {
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("it has no standard input and output".to_owned());
    };
    // a helper that reads nothing is answered by the pipe's buffer, which holds any server's name
    let _ = stdin.write_all(server.as_bytes());
    drop(stdin);
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut answer = Vec::new();
        let read = stdout.take(LONGEST_ANSWER).read_to_end(&mut answer).map(|_| answer);
        // nobody listens any longer if it took too long
        let _ = send.send(read);
    });
    match receive.recv_timeout(PATIENCE) {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(_) => Err(format!("it says nothing for {} s", PATIENCE.as_secs())),
    }
}
