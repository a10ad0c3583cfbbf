package limit

import (
	"net/http"
	"net/netip"
	"testing"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("192.0.2.1/32")}
	for _, c := range []struct {
		name      string
		remote    string
		forwarded []string
		trusted   []netip.Prefix
		want      string // "": none
	}{
		{"the connection", "203.0.113.5:4711", nil, trusted, "203.0.113.5"},
		{"a stranger who says to be another", "203.0.113.5:4711", []string{"198.51.100.1"}, trusted, "203.0.113.5"},
		{"nobody is trusted", "10.0.0.1:80", []string{"198.51.100.1"}, nil, "10.0.0.1"},
		{"by one proxy", "10.0.0.1:80", []string{"198.51.100.1"}, trusted, "198.51.100.1"},
		{"by a proxy, with what the caller made up in front", "10.0.0.1:80", []string{"1.1.1.1, 2.2.2.2, 198.51.100.1"}, trusted, "198.51.100.1"},
		{"a made-up address of a trusted one in front", "10.0.0.1:80", []string{"10.9.9.9, 198.51.100.1"}, trusted, "198.51.100.1"},
		{"by two proxies", "10.0.0.1:80", []string{"198.51.100.1, 192.0.2.1"}, trusted, "198.51.100.1"},
		{"in two lines", "10.0.0.1:80", []string{"1.1.1.1, 198.51.100.1", "10.0.0.2"}, trusted, "198.51.100.1"},
		{"from within", "10.0.0.1:80", []string{"10.0.0.9, 10.0.0.2"}, trusted, "10.0.0.9"},
		{"a proxy that says nothing", "10.0.0.1:80", nil, trusted, "10.0.0.1"},
		{"a proxy that says no address", "10.0.0.1:80", []string{"198.51.100.1, unknown"}, trusted, "10.0.0.1"},
		{"an empty word", "10.0.0.1:80", []string{"198.51.100.1, "}, trusted, "10.0.0.1"},
		{"with a port", "10.0.0.1:80", []string{"198.51.100.1:5555"}, trusted, "198.51.100.1"},
		{"IPv6", "[fd00::1]:80", []string{"2001:db8::7"}, trusted, "2001:db8::7"},
		{"IPv6 in brackets", "[fd00::1]:80", []string{"[2001:db8::7]"}, trusted, "2001:db8::7"},
		{"IPv6 in brackets with a port", "[fd00::1]:80", []string{"[2001:db8::7]:99"}, trusted, "2001:db8::7"},
		{"IPv4 within IPv6", "[::ffff:10.0.0.1]:80", []string{"::ffff:198.51.100.1"}, trusted, "198.51.100.1"},
		{"a zone", "[fe80::1%eth0]:80", nil, trusted, "fe80::1"},
		{"no address at all", "@", []string{"198.51.100.1"}, trusted, ""},
		{"nothing", "", nil, trusted, ""},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{"X-Forwarded-For": c.forwarded}}
		got := Address(r, c.trusted)
		if c.want == "" && got.IsValid() || c.want != "" && got.String() != c.want {
			t.Errorf("%s: got %s, want %q", c.name, got, c.want)
		}
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("10.0.0.1:80", "1.1.1.1, [::1]:5, x")
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {forwarded}}}
		got := Address(r, trusted)
		connection, err := netip.ParseAddrPort(remote)
		if (err == nil) != got.IsValid() || got.Is4In6() || got.Zone() != "" {
			t.Errorf("%q, %q: got %v", remote, forwarded, got)
		}
		if err == nil && !isTrusted(plain(connection.Addr()), trusted) && got != plain(connection.Addr()) {
			t.Errorf("%q is believed %q: got %v", remote, forwarded, got)
		}
	})
}
