package limit

import (
	"net/http"
	"net/netip"
	"strings"
)

// Address returns the address that a request came from: that of the connection, or,
// if a trusted proxy is at its other end, the last address of X-Forwarded-For that is
// not of a trusted proxy itself. What stands further to the left was written by
// others, and is never believed. A word that is no address ends the search: then it
// is the last proxy that is known. The zero Addr is none.
func Address(r *http.Request, trusted []netip.Prefix) netip.Addr {
	connection, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	last := plain(connection.Addr())
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && isTrusted(last, trusted); i-- {
		hop, err := parseHop(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		last = hop
	}
	return last
}

// parseHop reads an address, which some proxies write with a port.
func parseHop(text string) (netip.Addr, error) {
	if address, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return plain(address), nil
	}
	with, err := netip.ParseAddrPort(text)
	return plain(with.Addr()), err
}

func plain(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }

func isTrusted(address netip.Addr, trusted []netip.Prefix) bool {
	for _, proxies := range trusted {
		if proxies.Contains(address) {
			return true
		}
	}
	return false
}
