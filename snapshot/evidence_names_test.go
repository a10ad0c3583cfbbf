package snapshot_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/uptally/uptally/snapshot/evidence"
)

// What is wrong with a bundle is named as exactly as can be told, and where each stage
// leaves it.
func TestEvidenceNamesWhatDiffers(t *testing.T) {
	t.Parallel()
	o, first, second := corrected(t)
	bundle, other := o.bundle(first), o.bundle(second)
	files := unpack(t, bundle)
	lines := files.read("lines.parquet")
	line := `lines\.parquet: device ` + lines[0].text("device_id") + `, span from 2024-05-02T00:00:00Z: `

	forge := func(change func(u *unpacked)) []byte {
		u := files.clone()
		change(u)
		return u.pack()
	}
	manifest := func(old, replacement string) []byte {
		return forge(func(u *unpacked) {
			text := regexp.MustCompile(old).ReplaceAll(u.file("manifest.json").content, []byte(replacement))
			if bytes.Equal(text, u.file("manifest.json").content) {
				t.Fatalf("the manifest has no %s", old)
			}
			u.file("manifest.json").content = text
		})
	}
	flip := func(find string, after int) []byte {
		damaged := bytes.Clone(bundle)
		damaged[bytes.Index(damaged, []byte(find))+after] ^= 1
		return damaged
	}
	chunksStart := bytes.Index(bundle, files.file("chunks.parquet").content)
	for _, c := range []struct {
		name, stage, says string
		bundle            []byte
	}{
		{"an amount", evidence.StageLines, `^` + line + `amount is ` + numberAfter(lines[0], "amount") + `; and should be ` + lines[0].text("amount") + `$`, forge(func(u *unpacked) {
			u.forge("lines.parquet", func(rows []parquetRow) { rows[0].add("amount", 1) })
		})},
		{"an owner in a line", evidence.StageLines, `^` + line + `supplier_id is `, forge(func(u *unpacked) {
			u.forge("lines.parquet", func(rows []parquetRow) {
				rows[0].set(rows[0].column("supplier_id"), parquet.FixedLenByteArrayValue(make([]byte, 16)))
			})
		})},
		{"where a line begins", evidence.StageLines, `^` + line + `the line is missing$`, forge(func(u *unpacked) {
			u.forge("lines.parquet", func(rows []parquetRow) { rows[0].add("span_start", 300_000_000) })
		})},
		{"a fact that a line follows from", evidence.StageLines, `^` + line + `weight_millionths is 1000000; and should be 2000000$`, forge(func(u *unpacked) {
			u.forge("devices.parquet", func(rows []parquetRow) { rows[0].set(rows[0].column("gpu_count"), parquet.ValueOf(int32(2))) })
		})},
		{"a fact that no line follows from", evidence.StageGroups, `^manifest\.json: groups\[0\], group 0, devices 0 to 16383: inputs is `, forge(func(u *unpacked) {
			u.forge("verdicts.parquet", func(rows []parquetRow) { rows[0].add("decided_at", 1) })
		})},
		{"what is common to all", evidence.StageDigest, `no group of devices and no total differs, so it is that, or .*windows\.json`, forge(func(u *unpacked) {
			u.replace("windows.json", bytes.Replace(u.file("windows.json").content, []byte("outage"), []byte("plight"), 1))
		})},
		{"a row without its check", evidence.StageRows, `^chunks\.parquet: shard 0, hour 2024-05-01T08:00:00Z: its check does not fit$`, forge(func(u *unpacked) {
			rows := u.read("chunks.parquet")
			bits := bytes.Clone(rows[0].values[2].ByteArray())
			bits[0] ^= 1
			rows[0].set(2, parquet.FixedLenByteArrayValue(bits))
			u.write("chunks.parquet", rows)
		})},
		{"rows out of order", evidence.StageFacts, `^devices\.parquet: device 1, .*: it stands where device 0 should$`, forge(func(u *unpacked) {
			rows := u.read("devices.parquet")
			rows[0], rows[1] = rows[1], rows[0]
			u.write("devices.parquet", rows)
		})},
		{"a row that is missing", evidence.StageMembers, `^manifest\.json: members lines\.parquet, rows is \d+; and should be \d+$`, forge(func(u *unpacked) {
			u.write("lines.parquet", u.read("lines.parquet")[1:])
		})},
		{"a table of another revision", evidence.StageMembers, `of is .*"revision":1.*lines\.parquet is of .*"revision":2`, forge(func(u *unpacked) {
			u.replace("lines.parquet", unpack(t, other).file("lines.parquet").content)
		})},
		{"a table with other columns", evidence.StageRows, `^verdicts\.parquet: it cannot be read: its columns are device INT`, forge(func(u *unpacked) {
			u.replace("verdicts.parquet", u.file("job_minutes.parquet").content)
		})},
		{"a document's spelling", evidence.StageFacts, `^holds\.json: byte \d+, in line 3, is not as its values are written$`, forge(func(u *unpacked) {
			u.replace("holds.json", bytes.Replace(u.file("holds.json").content, []byte(`"from": "2024-05-02T01:00:00Z"`), []byte(`"from": "2024-05-02T03:00:00+02:00"`), 1))
		})},
		{"where imported uptime comes from", evidence.StageFacts, `^imports\.json: its SHA-256 is .*, and by what every table repeats`, forge(func(u *unpacked) {
			u.replace("imports.json", bytes.Replace(u.file("imports.json").content, []byte("own"), []byte("new"), 1))
		})},
		{"another format", evidence.StageMembers, `format is "uptally-evidence/2"; this program reads "uptally-evidence/1"`, manifest(`evidence/1`, `evidence/2`)},
		{"a total", evidence.StageTotals, `^manifest\.json: suppliers is 100; and should be \d+$`, manifest(`"suppliers": \d+`, `"suppliers": 100`)},
		{"the residual", evidence.StageTotals, `^manifest\.json: pool 1000000007 \+ drawn 0 is not allocated \d+ \+ residual 100000$`, manifest(`"residual": "\d+"`, `"residual": "100000"`)},
		{"the digest", evidence.StageDigest, `^manifest\.json: digest is 0{64}; and is `, manifest(`"digest": "[0-9a-f]{64}",\n  "pool`, `"digest": "`+strings.Repeat("0", 64)+"\",\n  \"pool")},
		{"a bit of a member", evidence.StageMembers, `^season\.json: its SHA-256 is `, flip(`"first_day"`, 15)},
		{"a bit of a page", evidence.StageMembers, `^chunks\.parquet: .*: group 0, devices 0 to 16383, in bytes 0 to \d+: column check of rows 0 to \d+, shard 0, hour 2024-05-01T08:00:00Z to shard 0, hour 2024-05-03T00:00:00Z: crc32`, func() []byte {
			content := files.file("chunks.parquet").content
			file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
			if err != nil {
				t.Fatal(err)
			}
			checks := file.Metadata().RowGroups[0].Columns[3].MetaData
			damaged := bytes.Clone(bundle)
			damaged[chunksStart+int(checks.DataPageOffset+checks.TotalCompressedSize)-1] ^= 1
			return damaged
		}()},
		{"a bit of a footer", evidence.StageMembers, `^chunks\.parquet: .*: its footer, from byte \d+ on$`, func() []byte {
			damaged := bytes.Clone(bundle)
			damaged[chunksStart+bytes.Index(bundle[chunksStart:], []byte("uptally.of"))] ^= 1
			return damaged
		}()},
		{"a bit of a member's header", evidence.StageContainer, `^byte \d+, in the header of chunks\.parquet, is not as it was written$`, func() []byte {
			damaged := bytes.Clone(bundle)
			damaged[chunksStart-1] ^= 1 // its time
			return damaged
		}()},
		{"a bit of the seal", evidence.StageContainer, `^byte \d+, in the digest at its end, is not as it was written$`, func() []byte {
			damaged := bytes.Clone(bundle)
			damaged[len(damaged)-1] ^= 1
			return damaged
		}()},
		{"the end cut off", evidence.StageContainer, `^the list of members at its end cannot be read`, bundle[:len(bundle)-100]},
		{"a member's name", evidence.StageContainer, `^its members are README\.md, season\.json, rulesets\.toml.*; and should be `, forge(func(u *unpacked) { u.file("ruleset.toml").name = "rulesets.toml" })},
	} {
		report := verify(t, c.bundle, evidence.Options{})
		err := report.Err()
		if !errors.Is(err, evidence.ErrDiffers) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for _, stage := range report.Stages {
			if stage.Name == c.stage && !regexp.MustCompile(c.says).MatchString(stage.Difference) {
				t.Errorf("%s: stage %s says %q, want %s; the report is %+v", c.name, stage.Name, stage.Difference, c.says, report.Stages)
			}
		}
		again, err := evidence.Verify(t.Context(), bytes.NewReader(c.bundle), int64(len(c.bundle)), evidence.Options{})
		if err != nil || again.Err().Error() != report.Err().Error() {
			t.Errorf("%s: once more it is %v (%v)", c.name, again.Err(), err)
		}
	}

	approved := verify(t, other, evidence.Options{Digest: hex.EncodeToString(first.Digest)}).Err()
	if approved == nil || !strings.Contains(approved.Error(), "it is of something else") {
		t.Errorf("another bundle than the approved one: %v", approved)
	}
	if err := verify(t, bundle, evidence.Options{Digest: strings.ToUpper(hex.EncodeToString(first.Digest))}).Err(); err != nil {
		t.Errorf("the approved bundle: %v", err)
	}
}

// numberAfter is one more than a column's number.
func numberAfter(r parquetRow, column string) string {
	copied := parquetRow{r.schema, r.values.Clone()}
	copied.add(column, 1)
	return copied.text(column)
}
