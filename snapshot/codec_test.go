package snapshot_test

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// anyLine draws a line of any figures, as a line may be on its way or never.
func anyLine() *rapid.Generator[snapshot.Line] {
	id := rapid.Custom(func(t *rapid.T) (id uuid.UUID) {
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		return id
	})
	return rapid.Custom(func(t *rapid.T) snapshot.Line {
		return snapshot.Line{
			Device:   uptime.DeviceNumber(rapid.Int32().Draw(t, "device")),
			DeviceID: id.Draw(t, "device"), SupplierID: id.Draw(t, "supplier"),
			Span:     uptime.Span{From: uptime.Slot(rapid.Int64().Draw(t, "from")), To: uptime.Slot(rapid.Int64().Draw(t, "to"))},
			Observed: rapid.Int32().Draw(t, "observed"), Up: rapid.Int32().Draw(t, "up"),
			Grace: rapid.Int32().Draw(t, "grace"), LongestRun: rapid.Int32().Draw(t, "longest run"),
			WeightMillionths: rapid.Int64().Draw(t, "weight"), JobMinutes: rapid.Int64().Draw(t, "job minutes"),
			Points: rapid.Int64().Draw(t, "points"), Amount: rapid.Int64().Draw(t, "amount"),
			Outcome: snapshot.Outcome(rapid.Int16().Draw(t, "outcome")), Notes: snapshot.Notes(rapid.Int16().Draw(t, "notes")),
		}
	})
}

func TestLinesSurviveTheirEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(anyLine(), 0, 5).Draw(t, "lines")
		var encoded []byte
		for i := range lines {
			before := len(encoded)
			if encoded = snapshot.AppendLine(encoded, &lines[i]); len(encoded)-before != snapshot.LineBytes {
				t.Fatalf("%d bytes a line", len(encoded)-before)
			}
		}
		first := snapshot.Line{Device: 7}
		decoded, err := snapshot.DecodeLines([]snapshot.Line{first}, encoded)
		if err != nil || decoded[0] != first || !slices.Equal(decoded[1:], lines) {
			t.Fatalf("decoded %+v (%v), want %+v", decoded, err, lines)
		}
	})
}

// The encoding is digested: it must never change by accident.
func TestTheEncodingOfALine(t *testing.T) {
	line := snapshot.Line{
		Device: 0x01020304, DeviceID: uuid.UUID{0: 0x11, 15: 0x12}, SupplierID: uuid.UUID{0: 0x21, 15: 0x22},
		Span: uptime.Span{From: 0x3132333435363738, To: -2}, Observed: 0x41424344, Up: 0x51, Grace: 0x61, LongestRun: math.MaxInt32,
		WeightMillionths: 0x71, JobMinutes: 0x81, Points: math.MaxInt64, Amount: 0x91, Outcome: 0x0a0b, Notes: 0x0c0d,
	}
	want := slices.Concat(
		[]byte{1, 2, 3, 4},
		[]byte{0x11}, make([]byte, 14), []byte{0x12}, []byte{0x21}, make([]byte, 14), []byte{0x22},
		[]byte{0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38}, bytes.Repeat([]byte{0xff}, 7), []byte{0xfe},
		[]byte{0x41, 0x42, 0x43, 0x44}, []byte{0, 0, 0, 0x51}, []byte{0, 0, 0, 0x61}, []byte{0x7f, 0xff, 0xff, 0xff},
		make([]byte, 7), []byte{0x71}, make([]byte, 7), []byte{0x81}, []byte{0x7f}, bytes.Repeat([]byte{0xff}, 7), make([]byte, 7), []byte{0x91},
		[]byte{0x0a, 0x0b, 0x0c, 0x0d},
	)
	if got := snapshot.AppendLine(nil, &line); !bytes.Equal(got, want) {
		t.Errorf("encoded\n%x\nwant\n%x", got, want)
	}
}

// FuzzDecodeLines takes anything: whole lines come back as they were, anything else
// is refused, and what was there before stays.
func FuzzDecodeLines(f *testing.F) {
	line := snapshot.AppendLine(nil, &snapshot.Line{Device: 5, Points: -1, Outcome: snapshot.OutcomeEligible})
	f.Add([]byte{})
	f.Add(line)
	f.Add(slices.Concat(line, line))
	f.Add(line[:len(line)-1])
	f.Add(append(slices.Clone(line), 0))
	f.Fuzz(func(t *testing.T, src []byte) {
		lines, err := snapshot.DecodeLines([]snapshot.Line{{Device: 9}}, src)
		if whole := len(src)%snapshot.LineBytes == 0; whole != (err == nil) {
			t.Fatalf("%d bytes: %v", len(src), err)
		}
		if lines[0].Device != 9 || err != nil && len(lines) != 1 {
			t.Fatalf("%d lines: %+v", len(lines), lines)
		}
		if err != nil {
			return
		}
		var again []byte
		for i := range lines[1:] {
			again = snapshot.AppendLine(again, &lines[1+i])
		}
		if !bytes.Equal(again, src) {
			t.Errorf("encoded again\n%x\nwas\n%x", again, src)
		}
	})
}
