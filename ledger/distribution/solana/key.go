package solana

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrKeyFile is a key file that is not used.
var ErrKeyFile = errors.New("not a usable key file")

// keyFileSize is more than a key file has bytes.
const keyFileSize = 4096

// LoadKey reads a key file as solana-keygen writes it: a JSON array of 64 numbers,
// the seed and the public key. The error is ErrKeyFile if others than its owner may
// read or write the file, or if its halves do not belong together. No error holds
// anything of what the file holds.
func LoadKey(path string) (ed25519.PrivateKey, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("solana: key file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("solana: key file: %w", err)
	}
	if info.IsDir() || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("solana: %w: %s: others than its owner can get at it (%s): run chmod 600 %[2]s, and make a new key if anybody had",
			ErrKeyFile, path, info.Mode())
	}
	text, err := io.ReadAll(io.LimitReader(file, keyFileSize))
	if err != nil {
		return nil, fmt.Errorf("solana: key file: %w", err)
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("solana: %w: %s: %w", ErrKeyFile, path, err)
	}
	return key, nil
}

// parseKey never wraps what the decoder says, which quotes what it read.
func parseKey(text []byte) (ed25519.PrivateKey, error) {
	var numbers []uint16 // []uint8 would be base64
	if err := json.Unmarshal(text, &numbers); err != nil {
		return nil, errors.New("not a JSON array of numbers below 256: give a file that solana-keygen wrote")
	}
	if len(numbers) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("%d numbers, not %d: give a file that solana-keygen wrote", len(numbers), ed25519.PrivateKeySize)
	}
	stored := make([]byte, len(numbers))
	for i, n := range numbers {
		if stored[i] = byte(n); n > 255 {
			return nil, errors.New("a number above 255: give a file that solana-keygen wrote")
		}
	}
	key := ed25519.NewKeyFromSeed(stored[:ed25519.SeedSize])
	if !bytes.Equal(key, stored) {
		return nil, errors.New("its public half does not belong to its private half: restore the file")
	}
	return key, nil
}

// PublicKey returns the public key of a private one.
func PublicKey(key ed25519.PrivateKey) Key { return Key(key[ed25519.SeedSize:]) }
