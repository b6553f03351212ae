//! The environment's proxy, and which hosts are reached without.
//!
//! Follows Go's reading of `NO_PROXY` (golang.org/x/net/http/httpproxy), which docker and skopeo share. Refuses to
//! resolve names: addresses are compared with addresses, names with names.

use super::name::{bare_host, is_loopback};
use super::places;

/// A proxy that is used.
pub(super) struct Used {
    pub proxy: ureq::Proxy,
    /// For messages: ` through the proxy HOST:PORT (VARIABLE)`.
    pub shown: String,
}

/// The proxy on the way to a host. The error is the name of the variable, whose value may hold a password.
pub(super) fn on_the_way(https: bool, host: &str) -> Result<Option<Used>, &'static str> {
    let Some(said) = places::proxy(https).filter(|said| !goes_direct(host, &said.except)) else { return Ok(None) };
    // names are the proxy's to resolve, as Go and curl's socks5h have it: this machine may know none
    let url = match said.url.strip_prefix("socks5://") {
        Some(rest) => format!("socks5h://{rest}"),
        None => said.url,
    };
    let proxy = ureq::Proxy::new(&url).map_err(|_| said.variable)?;
    let place = crate::text::shown(proxy.host().as_bytes());
    let shown = format!(" through the proxy {place}:{} ({})", proxy.port(), said.variable);
    Ok(Some(Used { proxy, shown }))
}

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
