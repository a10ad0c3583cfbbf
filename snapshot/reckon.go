package snapshot

import (
	"crypto/sha256"
	"fmt"

	"github.com/holiman/uint256"
)

// Reckoning turns the scored groups of a revision, in order, into lines with
// amounts, and into the revision's digest: SHA-256 over everything that went in and
// came out, so that whoever has the same facts comes to the same.
//
//	digest = SHA-256(basis | digest of group 0 | 1 | … | Σ points | allocated | lines)
//	group  = SHA-256(digest of its inputs | its lines with their amounts)
//
// A first revision also writes its residual, after what is allocated; what a
// correction draws follows from the digest of the revision that it corrects.
type Reckoning struct {
	basis     *Basis
	points    *uint256.Int
	rate      Rate
	digest    digester
	Allocated int64 // base units, so far
	Lines     int64 // so far
}

// Reckon begins a reckoning of all groups whose points sum to points.
func (b *Basis) Reckon(points *uint256.Int) *Reckoning {
	r := &Reckoning{basis: b, points: points, rate: b.Rate(points), digest: digester{Hash: sha256.New()}}
	r.digest.basis(b)
	return r
}

// Group takes in the next group: the digest of what it was scored from, and its
// lines encoded as Scored has them. It returns the lines with their amounts, and
// the group's digest. It writes over staged.
func (r *Reckoning) Group(inputs, staged []byte) (lines []Line, digest []byte, err error) {
	if lines, err = DecodeLines(nil, staged); err != nil {
		return nil, nil, err
	}
	allocated, err := r.rate.Allocate(lines)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrImpossible, err)
	}
	if r.Allocated += allocated; r.Allocated < 0 {
		return nil, nil, fmt.Errorf("%w: %w: the lines' sum passes 63 bits", ErrImpossible, ErrAmountTooLarge)
	}
	r.Lines += int64(len(lines))
	out := staged[:0]
	for i := range lines {
		out = AppendLine(out, &lines[i])
	}
	sum := sha256.New()
	sum.Write(inputs)
	sum.Write(out)
	digest = sum.Sum(nil)
	r.digest.buf = append(r.digest.buf, digest...)
	return lines, digest, nil
}

// Known takes in the next group without reckoning it: its digest, its lines and
// what they are allocated are believed. The digest of all shows whether they may be.
func (r *Reckoning) Known(digest []byte, lines, allocated int64) {
	r.Lines += lines
	r.Allocated += allocated
	r.digest.buf = append(r.digest.buf, digest...)
}

// Digest ends the reckoning.
func (r *Reckoning) Digest() []byte {
	d := &r.digest
	d.text(r.points.Dec())
	d.number(r.Allocated)
	if r.basis.Corrects == nil {
		d.number(r.basis.Season.Pool - r.Allocated)
	}
	d.number(r.Lines)
	d.flush()
	return d.Sum(nil)
}
