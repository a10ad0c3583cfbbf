package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// ErrURL is an address that nothing is sent to.
var ErrURL = errors.New("not the address of an endpoint")

// URLMax is the most bytes of an endpoint's address.
const URLMax = 1000

// ports are those that an endpoint may listen on: what else listens inside or outside
// is not ours to knock at.
var ports = map[string]bool{"": true, "443": true, "8443": true}

// CheckURL says why an address cannot be an endpoint's, or nil. It asks nobody: where a
// name leads is looked at whenever it is called.
func (s *Sender) CheckURL(address string) error {
	if err := s.checkURL(address); err != nil {
		return fmt.Errorf("webhook: %w: %w", ErrURL, err)
	}
	return nil
}

func (s *Sender) checkURL(address string) error {
	if len(address) > URLMax {
		return fmt.Errorf("%d bytes: give %d at most", len(address), URLMax)
	}
	u, err := url.Parse(address)
	if err != nil || u.Opaque != "" || u.Host == "" || strings.ContainsFunc(address, unprintable) {
		return errors.New("write it as https://host/path, in ASCII")
	}
	local := s.loopback && isLocal(u.Hostname())
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !local):
		return errors.New("it must be https")
	case u.User != nil || strings.Contains(address, "@"):
		return errors.New("it holds credentials: leave them out, and check the signature instead")
	case u.Fragment != "" || strings.Contains(address, "#"):
		return errors.New("it has a fragment, which is never sent: leave it out")
	case local:
		return nil
	case !ports[u.Port()] || strings.HasSuffix(u.Host, ":"):
		return errors.New("its port is neither 443 nor 8443")
	}
	return checkHost(u.Hostname())
}

// unprintable reports whether a rune is no printable ASCII.
func unprintable(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }

// isLocal reports whether a host is this machine by its own name.
func isLocal(host string) bool {
	at, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && at.IsLoopback()
}

// checkHost refuses hosts that can be seen to lead nowhere public.
func checkHost(host string) error {
	if at, err := netip.ParseAddr(host); err == nil {
		if !public(at) {
			return errors.New("its address is not a public one")
		}
		return nil
	}
	last := host[strings.LastIndexByte(strings.TrimSuffix(host, "."), '.')+1:]
	switch {
	case strings.HasSuffix(host, "."), !strings.Contains(host, "."):
		return errors.New("write the full name of its host, such as hooks.example.org")
	case strings.Trim(last, "0123456789") == "", strings.HasPrefix(strings.ToLower(last), "0x"):
		return errors.New("its host is a number that some read as an address: write the address as usual") // 127.1, 0x7f.0x1
	}
	return nil
}

// withheld are the addresses of IPv4, and those of IPv6 within 2000::/3, that lead to
// nobody in public. Source: IANA, IPv4 and IPv6 Special-Purpose Address Registries.
var withheld = prefixes(
	"0.0.0.0/8",       // this network
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // shared by carriers
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local, where clouds answer with credentials
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocols
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // relays of 6to4
	"192.168.0.0/16",  // private
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/3",     // multicast, reserved, broadcast
	"2001::/23",       // protocols, Teredo among them
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4, which holds an address of IPv4
	"3fff::/20",       // documentation
)

// unicast is where public addresses of IPv6 are: loopback, mapped, translated
// (64:ff9b::/96), unique-local, link-local and multicast ones are outside of it.
var unicast = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

// public reports whether an address is of a machine in public. One of IPv4 that is
// mapped into IPv6 is looked at as the former.
func public(at netip.Addr) bool {
	if at.Zone() != "" {
		return false
	}
	at = at.Unmap()
	if at.Is6() && !unicast.Contains(at) {
		return false
	}
	for _, prefix := range withheld {
		if prefix.Contains(at) {
			return false
		}
	}
	return at.IsValid()
}
