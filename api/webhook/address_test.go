package webhook_test

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/uptally/uptally/api/webhook"
)

func TestAddressesOfEndpoints(t *testing.T) {
	t.Parallel()
	strict, local := webhook.New(webhook.Config{}), webhook.New(webhook.Config{Loopback: true})
	for _, address := range []string{
		"https://hooks.example.org/uptally", "https://hooks.example.org", "https://hooks.example.org:443/a?b=c", "https://hooks.example.org:8443/",
		"https://8.8.8.8/", "https://[2606:4700::1111]/", "https://xn--bcher-kva.example/",
	} {
		if err := strict.CheckURL(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{
		"", "hooks.example.org", "//hooks.example.org/", "https:hooks.example.org", "https:///a", "https://", "ftp://hooks.example.org/", "file:///etc/passwd",
		"http://hooks.example.org/", "HTTPS://hooks.example.org:80/", "https://hooks.example.org:22/", "https://hooks.example.org:0443/", "https://hooks.example.org:/",
		"https://me@hooks.example.org/", "https://me:secret@hooks.example.org/", "https://@hooks.example.org/", "https://hooks.example.org/a@b",
		"https://hooks.example.org/#a", "https://hooks.example.org/#", "https://hooks.example.org/ a", "https://hooks.example.org/\n", "https://hooks.example.org\\@127.0.0.1/",
		"https://bücher.example/", "https://hooks/", "https://hooks.example.org./", "https://localhost/", "http://localhost/", "https://metadata/",
		"https://hooks.example.org/" + strings.Repeat("a", webhook.URLMax),

		// This machine and its neighbours, in all spellings.
		"https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://0/", "https://0.0.0.0/", "https://2130706433/", "https://0x7f000001/",
		"https://0x7f.1/", "https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.1./", "https://1.0x7f/", "https://127.255.255.254/",
		"https://10.0.0.1/", "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/",
		"https://100.64.0.1/", "https://192.0.0.1/", "https://198.18.0.1/", "https://224.0.0.1/", "https://255.255.255.255/", "https://240.0.0.1/",
		"https://[::1]/", "https://[::]/", "https://[0:0:0:0:0:0:0:1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/",
		"https://[fe80::1]/", "https://[fe80::1%25eth0]/", "https://[fc00::1]/", "https://[fd12::1]/", "https://[ff02::1]/", "https://[fec0::1]/",
		"https://[64:ff9b::7f00:1]/", "https://[64:ff9b:1::1]/", "https://[2002:7f00:1::]/", "https://[2001::1]/", "https://[100::1]/", "https://[2001:db8::1]/",
	} {
		if err := strict.CheckURL(address); !errors.Is(err, webhook.ErrURL) {
			t.Errorf("%q: %v, want ErrURL", address, err)
		}
		isLocal := strings.HasPrefix(address, "https://127.0.0.1/") || strings.Contains(address, "://localhost/") || strings.HasPrefix(address, "https://[::1]/") ||
			strings.Contains(address, "::ffff:") || address == "https://127.255.255.254/" || address == "https://[0:0:0:0:0:0:0:1]/"
		if err := local.CheckURL(address); (err == nil) != isLocal {
			t.Errorf("%q in development: %v", address, err)
		}
	}
	if err := local.CheckURL("http://127.0.0.1:9/x"); err != nil {
		t.Errorf("loopback without TLS in development: %v", err)
	}
}

// What is dialled is looked at, whatever name led there.
func TestAddressesThatAreDialled(t *testing.T) {
	t.Parallel()
	strict, local := webhook.New(webhook.Config{}), webhook.New(webhook.Config{Loopback: true})
	for address, want := range map[string]struct{ strict, local bool }{
		"8.8.8.8:443": {true, true}, "8.8.8.8:8443": {true, true}, "8.8.8.8:80": {}, "8.8.8.8:22": {},
		"[2606:4700::1111]:443": {true, true}, "[::ffff:8.8.8.8]:443": {true, true},
		"127.0.0.1:443": {false, true}, "127.9.9.9:1": {false, true}, "[::1]:443": {false, true}, "[::ffff:127.0.0.1]:443": {false, true},
		"0.0.0.0:443": {}, "[::]:443": {}, "10.1.2.3:443": {}, "172.20.0.1:443": {}, "192.168.0.1:443": {}, "169.254.169.254:443": {},
		"100.127.255.255:443": {}, "224.0.0.251:443": {}, "255.255.255.255:443": {}, "192.88.99.1:443": {}, "198.19.255.255:443": {},
		"[fe80::1%lo]:443": {}, "[fe80::1]:443": {}, "[fd00::1]:443": {}, "[ff05::2]:443": {}, "[::ffff:10.0.0.1]:443": {}, "[::10.0.0.1]:443": {},
		"[64:ff9b::a00:1]:443": {}, "[2002:a00:1::1]:443": {}, "[2001:0:a00::1]:443": {}, "[2606:4700::1111%eth0]:443": {}, "nonsense": {},
	} {
		if got := strict.Control("tcp", address, nil) == nil; got != want.strict {
			t.Errorf("%s: let through %t, want %t", address, got, want.strict)
		}
		if got := local.Control("tcp", address, nil) == nil; got != want.local {
			t.Errorf("%s in development: let through %t, want %t", address, got, want.local)
		}
	}
}

// No address that the library calls anything but global unicast is let through.
func FuzzPublic(f *testing.F) {
	f.Add([]byte{127, 0, 0, 1})
	f.Add([]byte{8, 8, 8, 8})
	f.Add([]byte(net.ParseIP("::ffff:10.0.0.1").To16()))
	f.Add([]byte(net.ParseIP("2606:4700::1111").To16()))
	s := webhook.New(webhook.Config{})
	f.Fuzz(func(t *testing.T, data []byte) {
		at, ok := netip.AddrFromSlice(data)
		if !ok || s.Control("tcp", netip.AddrPortFrom(at, 443).String(), nil) != nil {
			return
		}
		plain := at.Unmap()
		if !plain.IsGlobalUnicast() || plain.IsPrivate() || plain.IsLoopback() || plain.IsLinkLocalUnicast() || plain.IsMulticast() || plain.IsUnspecified() {
			t.Errorf("%s is let through", at)
		}
	})
}
