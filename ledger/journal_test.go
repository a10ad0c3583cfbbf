package ledger

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// sampleJournal has something in every field.
func sampleJournal() Journal {
	return Journal{
		Number: 7, Act: ActSeal, Key: "ignition-s1/r1", Actor: 42, Reason: "saisonschluß", Season: "ignition-s1", Revision: 1,
		SubjectDigest: Digest{31: 0xab}, PayoutMinimum: 10, Count: 2, Total: 900,
		PostedAt: time.Date(2024, 5, 31, 12, 0, 0, 123456000, time.UTC), TransfersDigest: Digest{0: 0xcd}, PreviousDigest: Digest{0: 1},
	}
}

func TestJournalDigestIsThatOfItsDocumentedText(t *testing.T) {
	t.Parallel()
	j := sampleJournal()
	text := "uptally journal 1\n" + "1:7" + "4:seal" + "14:ignition-s1/r1" + "2:42" + "13:saisonschluß" + "11:ignition-s1" + "1:1" +
		"64:" + strings.Repeat("00", 31) + "ab" + "2:10" + "1:2" + "3:900" + "16:1717156800123456" + "64:cd" + strings.Repeat("00", 31)
	want := Digest(sha256.Sum256([]byte("\x01" + strings.Repeat("\x00", 31) + text)))
	if got := j.digest(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	j.Season, j.Revision, j.SubjectDigest, j.PayoutMinimum = "", 0, Digest{}, 0
	text = strings.Replace(text, "11:ignition-s1"+"1:1"+"64:"+strings.Repeat("00", 31)+"ab"+"2:10", "----", 1)
	want = sha256.Sum256([]byte("\x01" + strings.Repeat("\x00", 31) + text))
	if got := j.digest(); got != want {
		t.Errorf("without the optional fields: got %s, want %s", got, want)
	}
}

// TestJournalDigestCoversEveryField changes one field after the other, so that a
// field that is added later cannot be forgotten.
func TestJournalDigestCoversEveryField(t *testing.T) {
	t.Parallel()
	original := sampleJournal()
	for i := range reflect.TypeFor[Journal]().NumField() {
		name := reflect.TypeFor[Journal]().Field(i).Name
		if name == "Digest" {
			continue
		}
		changed := original
		switch field := reflect.ValueOf(&changed).Elem().Field(i).Addr().Interface().(type) {
		case *int:
			*field++
		case *int64:
			*field++
		case *Amount:
			*field++
		case *string:
			*field += "x"
		case *Act:
			*field = ActCorrect
		case *Digest:
			field[5]++
		case *time.Time:
			*field = field.Add(time.Microsecond)
		default:
			t.Fatalf("field %s has a type that this test does not know", name)
		}
		if changed.digest() == original.digest() {
			t.Errorf("the digest does not cover %s", name)
		}
	}
}

func TestTransfersDigestIsThatOfItsDocumentedText(t *testing.T) {
	t.Parallel()
	for _, count := range []int{0, 1, 999, 1000, 1001, 2000} {
		digest := newTransfersDigest()
		var blocks, block string
		for n := 1; n <= count; n++ {
			digest.add("season/s1/pool", "supplier/x/earned", Amount(n*n))
			block += fmt.Sprintf("%d season/s1/pool supplier/x/earned %d\n", n, n*n)
			if n%1000 == 0 || n == count {
				hash := sha256.Sum256([]byte(block))
				blocks, block = blocks+string(hash[:]), ""
			}
		}
		if got, want := digest.sum(), Digest(sha256.Sum256([]byte(blocks))); got != want {
			t.Errorf("%d transfers: got %s, want %s", count, got, want)
		}
	}
}
