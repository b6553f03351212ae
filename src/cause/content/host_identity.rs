//! `host-identity`: files that identify one machine got into the image: machine-id, hostname, host keys.

use super::prelude::*;

/// The cause `host-identity`.
pub const CAUSE: Cause = Cause {
    code: "host-identity",
    group: Group::Content,
    page: include_str!("../pages/host-identity.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| {
        matches!(delta.field, Field::Content | Field::Presence(Presence::Path) | Field::Link | Field::Kind)
            && entry_path(delta).is_some_and(is_host_identity)
    },
    title: |context, deltas| format!("{}: files that name one machine", files_in(context, deltas)),
    evidence: None,
    fixes: |_, _| {
        vec![
            advice(
                "remove or empty these files in the last step of the build; systemd fills an empty /etc/machine-id at first boot",
            ),
            command("for example", "RUN rm -f /etc/ssh/ssh_host_* && : > /etc/machine-id"),
        ]
    },
};

/// Files that a machine makes for itself.
fn is_host_identity(path: &[u8]) -> bool {
    const FILES: [&[u8]; 7] = [
        b"etc/machine-id",
        b"var/lib/dbus/machine-id",
        b"etc/hostname",
        b"etc/resolv.conf",
        b"etc/hosts",
        b"var/lib/systemd/random-seed",
        b"etc/hostid",
    ];
    FILES.contains(&path) || path.starts_with(b"etc/ssh/ssh_host_")
}
