//! Where a request comes from. Behind a proxy of the force's own the socket's peer is the proxy, and the client's address
//! stands in the one header that this proxy sets. It is read only from proxies that the configuration names, from the
//! right: what a client wrote into it itself stands further left and is never reached.

use axum::http::{Extensions, HeaderMap};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};

/// `[proxy]` in the configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proxy {
    /// Addresses, or networks such as `10.1.0.0/24`.
    #[serde(default)]
    pub trusted: Vec<Net>,
    #[serde(default)]
    pub header: Header,
}

/// The header that the proxies set. One alone: a client could send the other, and a proxy would pass it on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Header {
    #[default]
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

/// An address, or a network of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Net {
    address: IpAddr,
    bits: u32,
}

impl TryFrom<String> for Net {
    type Error = String;

    fn try_from(text: String) -> Result<Net, String> {
        let no = || format!("`{text}` is no address such as `10.0.0.5` and no network such as `10.1.0.0/24`");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text.as_str(), None),
        };
        let address: IpAddr = address.parse::<IpAddr>().map_err(|_| no())?.to_canonical();
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse::<u32>).ok().filter(|b| *b <= most).ok_or_else(no)?;
        // Everybody is nobody's proxy: every header would be believed.
        if bits == 0 {
            return Err(format!("`{text}` would believe every client; name your proxies alone"));
        }
        Ok(Net { address, bits })
    }
}

impl Net {
    fn holds(self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()) >> (32 - self.bits) == 0,
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()) >> (128 - self.bits) == 0,
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// The address that a request comes from; nothing where the socket is not known.
pub fn address(proxy: &Proxy, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
    let peer = extensions.get::<axum::extract::ConnectInfo<SocketAddr>>()?.0.ip();
    Some(client(proxy, peer, headers))
}

/// The first address from the right that is no proxy of ours. What cannot be read ends the search at the proxy that sent it.
pub fn client(proxy: &Proxy, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let ours = |address: IpAddr| proxy.trusted.iter().any(|net| net.holds(address));
    let mut nearest = peer.to_canonical();
    let mut hops = match proxy.header {
        Header::XForwardedFor => hops(headers, "x-forwarded-for", plain),
        Header::Forwarded => hops(headers, "forwarded", forwarded),
    };
    while ours(nearest) {
        let Some(Some(next)) = hops.pop() else { break };
        nearest = next;
    }
    nearest
}

/// What every hop says, the nearest last.
fn hops(headers: &HeaderMap, name: &str, read: fn(&str) -> Option<IpAddr>) -> Vec<Option<IpAddr>> {
    let lines = headers.get_all(name).iter().map(|h| h.to_str().unwrap_or_default());
    lines.flat_map(|line| line.split(',')).map(|hop| read(hop.trim()).map(|a| a.to_canonical())).collect()
}

/// `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]:4711`.
fn plain(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(hop);
    bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|s| s.ip()))
}

/// `for=192.0.2.7;proto=https`, `for="[2001:db8::7]:4711"`.
fn forwarded(hop: &str) -> Option<IpAddr> {
    let given = hop.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case("for").then(|| value.trim())
    })?;
    plain(given.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(given))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(header: &str) -> Proxy {
        toml::from_str(&format!("trusted = [\"10.0.0.5\", \"10.1.0.0/24\", \"2001:db8:1::/48\"]\nheader = \"{header}\"")).unwrap()
    }

    fn seen(header: &str, peer: &str, sent: &[(&'static str, &str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(*name, value.parse().unwrap());
        }
        client(&proxy(header), peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_stranger_is_believed_nothing() {
        for name in ["x-forwarded-for", "forwarded"] {
            let sent = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.1")];
            assert_eq!(seen(name, "203.0.113.9", &sent), "203.0.113.9");
            assert_eq!(seen(name, "10.0.0.6", &sent), "10.0.0.6", "a neighbour of the proxy is not the proxy");
        }
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "192.0.2.1".parse().unwrap());
        assert_eq!(client(&Proxy::default(), "127.0.0.1".parse().unwrap(), &headers).to_string(), "127.0.0.1", "without a setting");
    }

    #[test]
    fn behind_a_proxy_the_rightmost_stranger_is_the_client() {
        let f = |value: &str| seen("x-forwarded-for", "10.0.0.5", &[("x-forwarded-for", value)]);
        assert_eq!(f("192.0.2.1"), "192.0.2.1");
        assert_eq!(f("10.0.0.5, 203.0.113.9, 192.0.2.1"), "192.0.2.1", "what the client wrote itself stands further left");
        assert_eq!(f("203.0.113.9, 192.0.2.1, 10.1.0.77"), "192.0.2.1", "through two proxies of ours");
        assert_eq!(f("192.0.2.1:4711"), "192.0.2.1");
        assert_eq!(f("2001:db8:9::1"), "2001:db8:9::1");
        assert_eq!(f("[2001:db8:9::1]:4711, 2001:db8:1::5"), "2001:db8:9::1");
        assert_eq!(f("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(f("10.1.0.2"), "10.1.0.2", "every hop is ours: the furthest");
    }

    #[test]
    fn what_cannot_be_read_ends_at_the_proxy_that_sent_it() {
        let f = |value: &str| seen("x-forwarded-for", "10.0.0.5", &[("x-forwarded-for", value)]);
        assert_eq!(f("192.0.2.1, unknown"), "10.0.0.5");
        assert_eq!(f("192.0.2.1, "), "10.0.0.5");
        assert_eq!(f("192.0.2.1, unknown, 10.1.0.9"), "10.1.0.9");
        assert_eq!(seen("x-forwarded-for", "10.0.0.5", &[]), "10.0.0.5");
        assert_eq!(seen("forwarded", "10.0.0.5", &[("forwarded", "proto=https")]), "10.0.0.5");
        assert_eq!(seen("forwarded", "10.0.0.5", &[("forwarded", "for=_hidden")]), "10.0.0.5");
    }

    #[test]
    fn only_the_header_that_the_proxy_sets_is_read() {
        let both = [("forwarded", "for=198.51.100.66"), ("x-forwarded-for", "192.0.2.1")];
        assert_eq!(seen("x-forwarded-for", "10.0.0.5", &both), "192.0.2.1");
        assert_eq!(seen("forwarded", "10.0.0.5", &both), "198.51.100.66");
        let lines = [("x-forwarded-for", "198.51.100.66"), ("x-forwarded-for", "192.0.2.1")];
        assert_eq!(seen("x-forwarded-for", "10.0.0.5", &lines), "192.0.2.1", "a second line comes after the first");
        let f = |value: &str| seen("forwarded", "10.0.0.5", &[("forwarded", value)]);
        assert_eq!(f("for=203.0.113.9, for=192.0.2.1;proto=https;by=10.0.0.5"), "192.0.2.1");
        assert_eq!(f("For=\"[2001:db8:9::1]:4711\""), "2001:db8:9::1");
    }

    #[test]
    fn a_setting_that_trusts_everybody_or_nobody_is_an_error() {
        for bad in ["0.0.0.0/0", "::/0", "10.0.0.0/33", "proxy.example", "", "10.0.0.5/"] {
            let text = format!("trusted = [\"{bad}\"]");
            assert!(toml::from_str::<Proxy>(&text).is_err(), "{bad}");
        }
        assert!(toml::from_str::<Proxy>("trust = []").is_err(), "an unknown key");
        assert!(toml::from_str::<Proxy>("header = \"x-real-ip\"").is_err());
    }
}
