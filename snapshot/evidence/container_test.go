package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"
)

// However what is sealed comes in pieces, its last bytes become the digest of all
// before them.
func TestSealerReplacesTheLastBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.SliceOfN(rapid.Byte(), sealBytes, 1000).Draw(t, "content")
		var out bytes.Buffer
		s := &sealer{out: &out, sum: sha256.New()}
		for rest := content; len(rest) > 0; {
			n := rapid.IntRange(0, min(len(rest), 200)).Draw(t, "piece")
			if wrote, err := s.Write(rest[:n]); wrote != n || err != nil {
				t.Fatalf("%d of %d written: %v", wrote, n, err)
			}
			rest = rest[n:]
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
		before := content[:len(content)-sealBytes]
		sum := sha256.Sum256(before)
		if want := append(slices.Clone(before), sealPrefix+hex.EncodeToString(sum[:])...); !bytes.Equal(out.Bytes(), want) {
			t.Fatalf("sealed is %q, want %q", out.Bytes(), want)
		}
	})
}

// Parts add up to the whole, and a member without any is told as such.
func TestPartsAddUp(t *testing.T) {
	var out bytes.Buffer
	p := newParts(&out)
	for _, text := range []string{"first", "", "the rest"} {
		if _, err := p.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		p.cut()
	}
	m := p.member("x", 3)
	if m.Bytes != int64(out.Len()) || m.SHA256 != digestOf(bytes.NewReader(out.Bytes()), 0, m.Bytes) || len(m.Parts) != 3 || m.Parts[1].Bytes != 0 {
		t.Errorf("member %+v", m)
	}
	if m.Parts[2].SHA256 != digestOf(bytes.NewReader([]byte("the rest")), 0, 8) {
		t.Errorf("parts %+v", m.Parts)
	}
}

// The columns of the tables are what bundle.md tells: whoever changes one changes the
// format.
func TestColumnsOfTheTables(t *testing.T) {
	for _, c := range []struct {
		of   *parquet.Schema
		want string
	}{
		{parquet.SchemaOf(new(chunkRow)), "shard INT(32,true), hour " + stamp + ", up FIXED_LEN_BYTE_ARRAY(1536)"},
		{parquet.SchemaOf(new(coverageRow)), "hour " + stamp + ", observed INT(32,true), closed BOOLEAN, reopened INT(32,true)"},
		{parquet.SchemaOf(new(deviceRow)), "device INT(32,true), device_id UUID, seq INT(64,true), registered_at " + stamp +
			", supplier_id UUID, gpu_model STRING, gpu_count INT(32,true), connectivity STRING"},
		{parquet.SchemaOf(new(changeRow)), "device INT(32,true), seq INT(64,true), changed_at " + stamp + ", channel STRING, supplier_id optional UUID, " +
			"gpu_model optional STRING, gpu_count optional INT(32,true), connectivity optional STRING"},
		{parquet.SchemaOf(new(verdictRow)), "device INT(32,true), by_hand BOOLEAN, seq INT(64,true), kind STRING, effective_at " + stamp + ", decided_at " + stamp},
		{parquet.SchemaOf(new(minutesRow)), "device INT(32,true), day DATE, minutes INT(32,true)"},
		{parquet.SchemaOf(new(lineRow)), "device INT(32,true), device_id UUID, supplier_id UUID, span_start " + stamp + ", span_end " + stamp +
			", observed INT(32,true), up INT(32,true), grace INT(32,true), credited INT(32,true), longest_run INT(32,true), " +
			"weight_millionths INT(64,true), job_minutes INT(64,true), points INT(64,true), amount INT(64,true), outcome STRING, notes STRING"},
	} {
		if got, want := columnsOf(c.of), c.want+", check FIXED_LEN_BYTE_ARRAY(8)"; got != want {
			t.Errorf("columns\n%s\nwant\n%s", got, want)
		}
		for _, f := range c.of.Fields() {
			if !bytes.Contains(readme, []byte(f.Name())) {
				t.Errorf("bundle.md says nothing of %s", f.Name())
			}
		}
	}
}

const stamp = "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS)"
