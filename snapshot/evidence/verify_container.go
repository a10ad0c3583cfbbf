package evidence

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// bundle is an opened one.
type bundle struct {
	r       io.ReaderAt
	members map[string]*io.SectionReader
	starts  map[string]int64
}

// content returns a member whole.
func (b *bundle) content(name string) ([]byte, error) {
	m := b.members[name]
	content := make([]byte, m.Size())
	_, err := m.ReadAt(content, 0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return content, err
}

// open verifies the container and the members. It reports whether what follows can
// be relied on: members that are not what the manifest says are not read further.
func (v *verifier) open(r io.ReaderAt, size int64) (sound bool, err error) {
	unsealed, err := sealed(r, size)
	if err != nil {
		return false, err
	}
	v.checked(StageContainer, "%d bytes, and the digest at their end", size)
	defer func() {
		if unsealed != "" && sound {
			unsealed = v.locateInContainer(size)
		}
		if unsealed != "" {
			v.differs(StageContainer, "%s", unsealed)
		}
	}()
	if v.bundle, err = openBundle(r, size); err != nil {
		v.differs(StageContainer, "%v", err)
		return false, nil
	}
	if !v.readManifest() {
		return false, nil
	}
	return v.compareMembers(), nil
}

// sealed holds the file against the digest at its end, and returns how they differ, or
// "".
func sealed(r io.ReaderAt, size int64) (difference string, err error) {
	var begin [4]byte
	_, _ = r.ReadAt(begin[:], 0)
	end := make([]byte, min(size, int64(sealBytes)))
	if _, err := r.ReadAt(end, size-int64(len(end))); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	is, isSeal := strings.CutPrefix(string(end), sealPrefix)
	if !isSeal && string(begin[:]) != "PK\x03\x04" {
		return "", fmt.Errorf("%w: it neither begins nor ends like one; write one with: `uptally snapshot evidence`", ErrNotBundle)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(r, 0, size-int64(len(end)))); err != nil {
		return "", err
	}
	if should := hex.EncodeToString(sum.Sum(nil)); is != should {
		return fmt.Sprintf("its SHA-256 is %s, and at its end stands %q", should, end), nil
	}
	return "", nil
}

// openBundle finds the members.
func openBundle(r io.ReaderAt, size int64) (b *bundle, err error) {
	defer unreadable(&err)
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("the list of members at its end cannot be read: %w", err)
	}
	b = &bundle{r: r, members: map[string]*io.SectionReader{}, starts: map[string]int64{}}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		start, err := f.DataOffset()
		if err != nil {
			return nil, fmt.Errorf("%s: its header cannot be read: %w", f.Name, err)
		}
		if f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 || f.CompressedSize64 > uint64(size-start) {
			return nil, fmt.Errorf("%s: it is not stored as it is: method %d, %d of %d bytes", f.Name, f.Method, f.CompressedSize64, f.UncompressedSize64)
		}
		b.members[f.Name] = io.NewSectionReader(r, start, int64(f.CompressedSize64))
		b.starts[f.Name] = start
	}
	if !slices.Equal(names, memberNames) {
		return nil, fmt.Errorf("its members are %s; and should be %s", strings.Join(names, ", "), strings.Join(memberNames, ", "))
	}
	return b, nil
}

// readManifest reads the manifest, and reports whether it can be used.
func (v *verifier) readManifest() bool {
	text, err := v.bundle.content(manifestMember)
	if err == nil {
		var m manifest
		m, err = decode[manifest](text)
		v.manifest = &m
	}
	if err != nil {
		v.differs(StageMembers, "%s: %v", manifestMember, err)
		return false
	}
	m := v.manifest
	if m.Format != Format {
		v.differs(StageMembers, "%s: format is %q; this program reads %q", manifestMember, m.Format, Format)
		return false
	}
	v.report.Snapshot = fmt.Sprintf("%s/r%d", m.Of.Season, m.Of.Revision)
	v.report.State, v.report.Estimate, v.report.AsOf = m.Of.State, m.Of.Estimate, m.Of.AsOf.UTC()
	return true
}

// compareMembers holds each member against its entry, and looks closer at those that
// differ. It reports whether all are as they should be.
func (v *verifier) compareMembers() bool {
	listed := v.manifest.Members
	if len(listed) != len(memberNames)-1 {
		v.differs(StageMembers, "%s: members are %d; and should be %d", manifestMember, len(listed), len(memberNames)-1)
		return false
	}
	var bytes int64
	for i := range listed {
		m := &listed[i]
		if m.Name != memberNames[i] {
			v.differs(StageMembers, "%s: members[%d].name is %q; and should be %q", manifestMember, i, m.Name, memberNames[i])
			return false
		}
		if table := strings.HasSuffix(m.Name, ".parquet"); !table && (m.Rows != 0 || m.Parts != nil) {
			v.differs(StageMembers, "%s: members %s has rows or parts, and is no table", manifestMember, m.Name)
			return false
		}
		if difference := v.compareMember(m); difference != "" {
			v.differs(StageMembers, "%s", difference)
			return false
		}
		bytes += m.Bytes
	}
	v.checked(StageMembers, "%d files of %d bytes", len(memberNames), bytes)
	return true
}

// compareMember returns how a member differs from its entry, or "".
func (v *verifier) compareMember(m *member) string {
	content := v.bundle.members[m.Name]
	if content.Size() != m.Bytes {
		return fmt.Sprintf("%s: it has %d bytes, and %s says %d", m.Name, content.Size(), manifestMember, m.Bytes)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(content, 0, content.Size())); err != nil {
		return fmt.Sprintf("%s: it cannot be read: %v", m.Name, err)
	}
	if is := hex.EncodeToString(sum.Sum(nil)); is != m.SHA256 {
		return fmt.Sprintf("%s: its SHA-256 is %s, and %s says %s%s", m.Name, is, manifestMember, m.SHA256, v.locate(m, content))
	}
	return differentParts(m, content)
}

// differentParts holds the parts' sizes and digests against the member, which is
// whole: then it is the manifest that differs.
func differentParts(m *member, content *io.SectionReader) string {
	start := int64(0)
	for i, p := range m.Parts {
		if p.Bytes < 0 || p.Bytes > m.Bytes-start {
			return fmt.Sprintf("%s: members %s, parts[%d].bytes is %d: there are not so many", manifestMember, m.Name, i, p.Bytes)
		}
		if is := digestOf(content, start, p.Bytes); is != p.SHA256 {
			return fmt.Sprintf("%s: members %s, parts[%d] is %d bytes of SHA-256 %s; and should be of %s", manifestMember, m.Name, i, p.Bytes, p.SHA256, is)
		}
		start += p.Bytes
	}
	if len(m.Parts) > 0 && start != m.Bytes {
		return fmt.Sprintf("%s: members %s, parts have %d bytes, and it has %d", manifestMember, m.Name, start, m.Bytes)
	}
	return ""
}

func digestOf(r io.ReaderAt, start, size int64) string {
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(r, start, size)); err != nil {
		return err.Error()
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// locateInContainer tells which byte of a bundle differs whose members all fit: it is
// written again, and compared.
func (v *verifier) locateInContainer(size int64) string {
	c := &comparer{r: v.bundle.r, first: -1}
	z := newContainer(c)
	for _, name := range memberNames {
		into, err := z.create(name)
		if err == nil {
			_, err = io.Copy(into, io.NewSectionReader(v.bundle.members[name], 0, v.bundle.members[name].Size()))
		}
		if err != nil {
			return err.Error()
		}
	}
	if err := z.close(); err != nil {
		return err.Error()
	}
	if c.first < 0 {
		return fmt.Sprintf("it goes on after byte %d, where it should end", c.at)
	}
	where := "in the list of members at its end"
	for _, name := range slices.Backward(memberNames) {
		if c.first < v.bundle.starts[name] {
			where = "in the header of " + name
		}
	}
	if c.first >= size-int64(sealBytes) {
		where = "in the digest at its end"
	}
	return fmt.Sprintf("byte %d, %s, is not as it was written", c.first, where)
}

// comparer compares what is written with what there is.
type comparer struct {
	r     io.ReaderAt
	at    int64
	first int64 // byte that differs, or -1
}

func (c *comparer) Write(p []byte) (int, error) {
	if c.first < 0 {
		there := make([]byte, len(p))
		n, err := c.r.ReadAt(there, c.at)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if !bytes.Equal(there[:n], p) {
			same := 0
			for same < n && there[same] == p[same] {
				same++
			}
			c.first = c.at + int64(same)
		}
	}
	c.at += int64(len(p))
	return len(p), nil
}
