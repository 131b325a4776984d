//! Which addresses may be called: public ones. A name is resolved here, and the connection is made to the addresses
//! that were checked, so that a name cannot change its mind in between.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The name leads to addresses that are not ours to call.
#[derive(Debug, thiserror::Error)]
#[error("its address is private")]
pub struct NotAllowed;

/// Resolves names and keeps only what may be called.
pub struct Checked {
    pub private: bool,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.private;
        Box::pin(async move {
            let addresses = resolve(name.as_str(), 0, private).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

type Fail = Box<dyn std::error::Error + Send + Sync>;

/// The addresses of a host that may be called.
pub async fn resolve(host: &str, port: u16, private: bool) -> Result<Vec<SocketAddr>, Fail> {
    let all: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
    if all.is_empty() {
        return Err("the name has no address".into());
    }
    // One private address among public ones is reason enough: nobody lists both by accident.
    if all.iter().any(|a| !allowed(a.ip(), private)) {
        return Err(Box::new(NotAllowed));
    }
    Ok(all)
}

/// May this address be called? Never what belongs to this machine, this network or no one.
pub fn allowed(ip: IpAddr, private: bool) -> bool {
    private
        || match ip {
            IpAddr::V4(v4) => public_v4(v4),
            IpAddr::V6(v6) => public_v6(v6),
        }
}

fn public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        // Shared by carriers (RFC 6598), protocol assignments (RFC 6890), benchmarks (RFC 2544), old 6to4 relays.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19))
        || (a == 192 && b == 88 && c == 99))
}

fn public_v6(ip: Ipv6Addr) -> bool {
    // What carries an IPv4 address is as public as that one.
    let s = ip.segments();
    let inner = |hi: u16, lo: u16| Ipv4Addr::from((u32::from(hi) << 16) | u32::from(lo));
    if let Some(v4) = ip.to_ipv4_mapped() {
        return public_v4(v4);
    }
    if s[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return public_v4(inner(s[6], s[7]));
    }
    if s[0] == 0x2002 {
        return public_v4(inner(s[1], s[2]));
    }
    // 2000::/3 is what has been given out; documentation and Teredo are inside it.
    (s[0] & 0xe000) == 0x2000 && !(s[0] == 0x2001 && (s[1] == 0xdb8 || s[1] == 0)) && !(s[0] == 0x3fff && s[1] < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_may_be_called() {
        for bad in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.8",
            "203.0.113.9",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "::127.0.0.1",
        ] {
            let ip: IpAddr = bad.parse().unwrap();
            assert!(!allowed(ip, false), "{bad}");
            assert!(allowed(ip, true), "{bad}");
        }
        for good in ["1.1.1.1", "93.184.216.34", "2606:2800:220:1::1", "::ffff:1.1.1.1"] {
            assert!(allowed(good.parse().unwrap(), false), "{good}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused() {
        let e = resolve("localhost", 80, false).await.unwrap_err();
        assert!(e.downcast_ref::<NotAllowed>().is_some());
        assert!(!resolve("localhost", 80, true).await.unwrap().is_empty());
    }
}
