package ledger

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var headTime = time.Date(2024, time.May, 2, 3, 4, 5, 678_901_234, time.FixedZone("", 20_700))

func testKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), ed25519.SeedSize)))
}

func testJournal(number int64) Journal {
	return Journal{Number: number, Digest: Digest{31: byte(number)}, PostedAt: headTime.Truncate(time.Microsecond)}
}

// What is signed is fixed: a head that was kept for years must be read.
func TestSignedHeadIsTheDocumentedFormat(t *testing.T) {
	t.Parallel()
	s := SignHead(testJournal(7), testKey('k'), headTime)
	digest := strings.Repeat("0", 63) + "7"
	key := base64.StdEncoding.EncodeToString(s.PublicKey)
	want := "uptally-ledger-head/1\n1:764:" + digest + "16:171459834567890116:171459834567890144:" + key
	if got := string(s.message()); got != want {
		t.Errorf("signed bytes:\n got %q\nwant %q", got, want)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	wantJSON := `{"format":"uptally-ledger-head/1","number":7,"digest":"` + digest + `","posted_at":"2024-05-01T21:19:05.678901Z",` +
		`"signed_at":"2024-05-01T21:19:05.678901Z","public_key":"` + key + `","signature":"` + base64.StdEncoding.EncodeToString(s.Signature) + `"}`
	if string(text) != wantJSON {
		t.Errorf("file:\n got %s\nwant %s", text, wantJSON)
	}
	read, err := ParseSignedHead(text)
	if err != nil || read.Check(PublicKeyOf(testKey('k'))) != nil || read.Head() != (Head{7, Digest{31: 7}}) {
		t.Errorf("read back: %+v, %v", read, err)
	}
}

func TestSignedHeadIsHeldToItsSignature(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*SignedHead){
		"number":     func(s *SignedHead) { s.Number++ },
		"digest":     func(s *SignedHead) { s.Digest[0]++ },
		"posted at":  func(s *SignedHead) { s.PostedAt = s.PostedAt.Add(time.Microsecond) },
		"signed at":  func(s *SignedHead) { s.SignedAt = s.SignedAt.Add(time.Microsecond) },
		"signature":  func(s *SignedHead) { s.Signature[9] ^= 1 },
		"no key":     func(s *SignedHead) { s.PublicKey = nil },
		"a short":    func(s *SignedHead) { s.Signature = s.Signature[:63] },
		"anothers":   func(s *SignedHead) { s.PublicKey = PublicKeyOf(testKey('o')) },
		"other work": func(s *SignedHead) { s.Signature = ed25519.Sign(testKey('k'), s.message()[len(headFormat):]) },
	} {
		s := SignHead(testJournal(7), testKey('k'), headTime)
		change(&s)
		if err := s.Check(nil); !errors.Is(err, ErrHeadSignature) {
			t.Errorf("%s: got %v, want ErrHeadSignature", name, err)
		}
		known, faults := CheckHeads(nil, s)
		if len(known) != 0 || len(faults) != 1 || faults[0].Journal != s.Number || !strings.Contains(faults[0].What, "bad signature") {
			t.Errorf("%s: known %v, faults %v", name, known, faults)
		}
	}
	whole := SignHead(testJournal(7), testKey('k'), headTime)
	if err := whole.Check(PublicKeyOf(testKey('o'))); !errors.Is(err, ErrHeadSignature) || !strings.Contains(err.Error(), "not by") {
		t.Errorf("another's trusted: %v", err)
	}
	for _, text := range []string{"", "{", `{"format":"uptally-ledger-head/2","number":1}`, `{"format":"uptally-ledger-head/1"}`, `{"digest":"12"}`} {
		if _, err := ParseSignedHead([]byte(text)); !errors.Is(err, ErrHeadSyntax) {
			t.Errorf("%q: got %v, want ErrHeadSyntax", text, err)
		}
	}
}

func TestHeadFileTakesNoStepBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "head.json")
	write := func(number int64) error { return SignHead(testJournal(number), testKey('k'), headTime).WriteFile(path) }
	if _, err := ReadSignedHead(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before any: %v", err)
	}
	for _, number := range []int64{3, 3, 9} {
		if err := write(number); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(8); !errors.Is(err, ErrConflict) {
		t.Errorf("an older head: %v", err)
	}
	other := testJournal(9)
	other.Digest[0]++
	if err := SignHead(other, testKey('k'), headTime).WriteFile(path); !errors.Is(err, ErrConflict) {
		t.Errorf("another of the same number: %v", err)
	}
	if s, err := ReadSignedHead(path); err != nil || s.Number != 9 {
		t.Errorf("the file holds %d, %v", s.Number, err)
	}
	if err := os.WriteFile(path, []byte("scribbled over"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(10); !errors.Is(err, ErrHeadSyntax) {
		t.Errorf("over what is no head: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left beside it: %v, %v", left, err)
	}
	if err := SignHead(testJournal(1), testKey('k'), headTime).WriteFile(filepath.Join(dir, "none", "head.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("into no folder: %v", err)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	public, err := NewKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	key, err := LoadKey(path)
	if err != nil || !PublicKeyOf(key).Equal(public) {
		t.Errorf("read back: %v", err)
	}
	if again, err := ParsePublicKey(FormatPublicKey(public)); err != nil || !again.Equal(public) {
		t.Errorf("public key read back: %v", err)
	}
	if _, err := NewKeyFile(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a key: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(path); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), "0640") {
		t.Errorf("readable by a group: %v", err)
	}
	const secret = "c2VjcmV0IHRoYXQgaXMgbm8ga2V5"
	for _, text := range []string{"", "no base64", secret, secret + "!"} {
		if _, err := ParseKey(text); !errors.Is(err, ErrKey) || strings.Contains(err.Error(), "c2VjcmV0") {
			t.Errorf("%q: %v", text, err)
		}
		if _, err := ParsePublicKey(text); !errors.Is(err, ErrKey) {
			t.Errorf("public %q: %v", text, err)
		}
	}
}
