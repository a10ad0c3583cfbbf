package devissuer

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
)

const keyFile = "development-issuer.pem"

var (
	// ErrNotLoopback says that the issuer was to be served to others.
	ErrNotLoopback = errors.New("the development issuer listens on loopback only")
	// ErrKeyFile says that the issuer's key cannot be used as it lies there.
	ErrKeyFile = errors.New("key of the development issuer")
)

// Load returns the issuer of a folder, named LocalURL, and makes the folder (0700) and
// the key in it (0600) at first use. A key file that others may read is ErrKeyFile.
func Load(dir string) (*Issuer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	path := filepath.Join(dir, keyFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(dir, path); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
		}
	}
	key, err := readKey(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrKeyFile, path, err)
	}
	return New(key, LocalURL), nil
}

// makeKey writes a new key, whole or not at all. Of several who do so at once, the
// first one's key stays.
func makeKey(dir, path string) (err error) {
	key, err := NewKey()
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	draft, err := os.CreateTemp(dir, keyFile+".*") // 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(draft.Name())) }()
	if err := errors.Join(pem.Encode(draft, &pem.Block{Type: "PRIVATE KEY", Bytes: der}), draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func readKey(path string) (crypto.Signer, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("its mode is %s, but it must be a file of its owner's alone: chmod 600", info.Mode())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it is no PEM; remove it, and a new key is made")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w; remove it, and a new key is made", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok || algorithm(signer) == "" {
		return nil, ErrKey
	}
	return signer, nil
}

// Listen listens on host:port, which must be loopback under every address that the
// host has: else ErrNotLoopback. No host is every address, and so refused.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrNotLoopback, address, err)
	}
	if host == "" {
		return nil, fmt.Errorf("%w: %q is every address; name 127.0.0.1", ErrNotLoopback, address)
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrNotLoopback, address, err)
	}
	if err := onlyLoopback(found); err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrNotLoopback, address, err)
	}
	return (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(found[0].Unmap().String(), port))
}

// onlyLoopback says which of a host's addresses is not loopback.
func onlyLoopback(found []netip.Addr) error {
	for _, address := range found {
		if !address.Unmap().IsLoopback() {
			return fmt.Errorf("%s is not loopback", address)
		}
	}
	if len(found) == 0 {
		return errors.New("it has no address")
	}
	return nil
}
