//! Which hosts are reached without the environment's proxy.
//!
//! Follows Go's reading of `NO_PROXY` (golang.org/x/net/http/httpproxy), which docker and skopeo share. Refuses to
//! resolve names: addresses are compared with addresses, names with names.

use super::name::{bare_host, is_loopback};

/// Whether a host is reached without the proxy: this machine always, and what NO_PROXY names, as Go
/// reads it: hosts with their subdomains, `.domain`, addresses, `*`.
pub(super) fn goes_direct(host: &str, except: &str) -> bool {
    let bare = bare_host(host).to_ascii_lowercase();
    if is_loopback(&bare) {
        return true;
    }
    except.split([',', ' ']).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        if entry == "*" || entry == host.to_ascii_lowercase() || in_network(&bare, &entry) {
            return true;
        }
        let domain = bare_host(entry.strip_prefix('*').unwrap_or(&entry));
        match domain.strip_prefix('.') {
            Some(_) => bare.ends_with(domain),
            None => bare == domain || bare.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
        }
    })
}

/// Whether an IPv4 address lies in `a.b.c.d/n`.
fn in_network(host: &str, network: &str) -> bool {
    let parse = |text: &str| text.parse::<std::net::Ipv4Addr>().ok().map(u32::from);
    let Some((base, length)) = network.split_once('/') else { return false };
    let (Some(host), Some(base), Ok(length)) = (parse(host), parse(base), length.parse::<u32>()) else { return false };
    length <= 32 && (u64::from(host ^ base) >> (32 - length)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_left_out_as_go_leaves_them_out() {
        let table = [
            ("localhost:5000", "", true),
            ("127.0.0.1:5000", "", true),
            ("reg.example", "", false),
            ("reg.example", "reg.example", true),
            ("a.reg.example:5000", "reg.example", true),
            ("areg.example", "reg.example", false),
            ("reg.example", ".reg.example", false),
            ("a.reg.example", ".reg.example", true),
            ("a.reg.example", "*.reg.example", true),
            ("10.1.2.3:5000", "10.0.0.0/8", true),
            ("11.1.2.3:5000", "other, 10.0.0.0/8", false),
            ("reg.example:5000", "x,reg.example:5000", true),
            ("reg.example", "*", true),
        ];
        for (host, except, expected) in table {
            assert_eq!(goes_direct(host, except), expected, "{host} {except}");
        }
    }
}
