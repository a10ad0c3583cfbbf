package svm

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	solanago "github.com/gagliardetto/solana-go"
)

// Decimals are those of the world's mint: one token is 10^8 base units.
const Decimals = 8

// Runtime is a running chain. Its methods end the test if the chain refuses what they
// ask for; so they belong into the goroutine of the test.
type Runtime struct {
	URL             string             // of its JSON-RPC, http on loopback
	Mint            solanago.PublicKey // of Decimals, with a mint and a freeze authority
	Treasury        ed25519.PrivateKey // a wallet with 10,000 SOL
	TreasuryAccount solanago.PublicKey // its associated token account, with 10^9 tokens
	fail            func(format string, values ...any)
}

// TreasuryKey is the treasury's address.
func (r *Runtime) TreasuryKey() solanago.PublicKey {
	return solanago.PublicKeyFromBytes(r.Treasury.Public().(ed25519.PublicKey))
}

// Start runs a chain of the test's own, until the test ends.
func Start(t testing.TB) *Runtime {
	t.Helper()
	url, err := startFront(t)
	if err != nil {
		t.Fatal("the Solana runtime: ", err)
	}
	return attach(url, t.Fatalf)
}

// Attach uses the chain of another process by its URL. There is no test to end here,
// so its methods panic.
func Attach(url string) *Runtime {
	return attach(url, func(format string, values ...any) { panic(fmt.Sprintf(format, values...)) })
}

func attach(url string, fail func(string, ...any)) *Runtime {
	r := &Runtime{URL: url, fail: fail}
	var world struct {
		Mint, TreasuryAccount solanago.PublicKey
		Treasury              ed25519.PrivateKey
	}
	r.control(&world, "world")
	r.Mint, r.TreasuryAccount, r.Treasury = world.Mint, world.TreasuryAccount, world.Treasury
	return r
}

// startFront starts the Node process, which ends when its input does: with the test,
// or with the test binary however that ends.
func startFront(t testing.TB) (url string, err error) {
	front, err := frontDir()
	if err != nil {
		return "", err
	}
	node := exec.Command("node", filepath.Join(front, "main.js"))
	node.Stderr = t.Output()
	lifeline, err := node.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := node.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := node.Start(); err != nil {
		return "", fmt.Errorf("%w; `make setup-test` installs Node", err)
	}
	t.Cleanup(func() {
		if err := errors.Join(lifeline.Close(), node.Wait()); err != nil {
			t.Error("the Solana runtime ended with ", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	port, found := strings.CutPrefix(strings.TrimSpace(line), "listening ")
	if err != nil || !found {
		return "", fmt.Errorf("node said %q instead of its port", line)
	}
	return "http://127.0.0.1:" + port, nil
}

// frontDir finds internal/svm/front of the module that the working directory is in,
// and makes sure that what its lock file names is installed.
func frontDir() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for !isFile(filepath.Join(dir, "go.mod")) {
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod above the working directory: run the tests inside the checkout")
		}
		dir = filepath.Dir(dir)
	}
	front := filepath.Join(dir, "internal", "svm", "front")
	wanted, err := os.ReadFile(filepath.Join(front, "package-lock.json"))
	if err != nil {
		return "", err
	}
	installed, _ := os.ReadFile(filepath.Join(front, "node_modules", ".installed-lock.json"))
	if !bytes.Equal(wanted, installed) {
		return "", errors.New("its npm packages are not installed, or not these: run `make setup-test`")
	}
	return front, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// KeyFile writes a key as solana-keygen does, a JSON array of 64 numbers, readable by
// its owner only, and returns its path.
func KeyFile(t testing.TB, key ed25519.PrivateKey) string {
	t.Helper()
	numbers := make([]int, len(key))
	for i, b := range key {
		numbers[i] = int(b)
	}
	text, err := json.Marshal(numbers)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
