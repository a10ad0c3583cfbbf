package evidence

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"time"
)

// A bundle is a ZIP whose members are stored as they are: tables compress
// themselves. All is fixed but the contents, so the same contents give the same
// bytes. Its last 71 bytes, the ZIP's comment, are the digest of all that is before:
//
//	member | member | … | list of members | end of the list | "sha256:" 64 hex digits

const (
	sealPrefix = "sha256:"
	sealBytes  = len(sealPrefix) + 2*sha256.Size
)

// memberTime is the time of every member: the first that a ZIP can hold.
var memberTime = time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)

// container writes the ZIP.
type container struct {
	zip  *zip.Writer
	seal *sealer
}

func newContainer(out io.Writer) *container {
	seal := &sealer{out: out, sum: sha256.New()}
	return &container{zip: zip.NewWriter(seal), seal: seal}
}

// create begins a member, and ends the one before.
func (c *container) create(name string) (io.Writer, error) {
	return c.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: memberTime})
}

// add writes a member at once and returns its entry.
func (c *container) add(name string, content []byte) (member, error) {
	w, err := c.create(name)
	if err != nil {
		return member{}, err
	}
	p := newParts(w)
	_, err = p.Write(content)
	return p.member(name, 0), err
}

// close writes the list of members and the seal.
func (c *container) close() error {
	if err := c.zip.SetComment(sealPrefix + hex.EncodeToString(make([]byte, sha256.Size))); err != nil {
		return err
	}
	if err := c.zip.Close(); err != nil {
		return err
	}
	return c.seal.close()
}

// sealer passes on all but the last bytes, which it replaces by the digest of the
// others.
type sealer struct {
	out  io.Writer
	sum  hash.Hash
	held []byte // up to sealBytes
}

func (s *sealer) Write(p []byte) (int, error) {
	surplus := len(s.held) + len(p) - sealBytes
	if surplus <= 0 {
		s.held = append(s.held, p...)
		return len(p), nil
	}
	fromHeld := min(surplus, len(s.held))
	if err := s.pass(s.held[:fromHeld]); err != nil {
		return 0, err
	}
	if err := s.pass(p[:surplus-fromHeld]); err != nil {
		return 0, err
	}
	s.held = append(s.held[:copy(s.held, s.held[fromHeld:])], p[surplus-fromHeld:]...)
	return len(p), nil
}

func (s *sealer) pass(p []byte) error {
	s.sum.Write(p)
	_, err := s.out.Write(p)
	return err
}

func (s *sealer) close() error {
	_, err := io.WriteString(s.out, sealPrefix+hex.EncodeToString(s.sum.Sum(nil)))
	return err
}

// parts passes bytes on, counts them, and digests them as a whole and in parts.
type parts struct {
	out   io.Writer
	whole hash.Hash
	part  hash.Hash
	bytes int64
	all   []part
	open  int64 // bytes of the part that is not cut yet
}

func newParts(out io.Writer) *parts { return &parts{out: out, whole: sha256.New(), part: sha256.New()} }

func (p *parts) Write(b []byte) (int, error) {
	n, err := p.out.Write(b)
	p.whole.Write(b[:n])
	p.part.Write(b[:n])
	p.bytes += int64(n)
	p.open += int64(n)
	return n, err
}

// cut ends a part.
func (p *parts) cut() {
	p.all = append(p.all, part{Bytes: p.open, SHA256: hex.EncodeToString(p.part.Sum(nil))})
	p.part.Reset()
	p.open = 0
}

// member returns what the manifest says of the bytes so far.
func (p *parts) member(name string, rows int64) member {
	return member{Name: name, Bytes: p.bytes, SHA256: hex.EncodeToString(p.whole.Sum(nil)), Rows: rows, Parts: p.all}
}
