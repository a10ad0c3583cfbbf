package archive

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/uptally/uptally/uptime"
)

// ManifestName is the name of the manifest in an archive's folder.
const ManifestName = "manifest.json"

// slotsMax bounds what an archive may declare complete: ten years, beyond which a
// year was mistyped.
const slotsMax = 10 * 366 * uptime.SlotsPerDay

// ErrFaulty says that an archive is not what its manifest says, or that the manifest
// says nothing that can be used. It is wrapped in the file and what is wrong with it.
var ErrFaulty = errors.New("faulty archive, of which nothing was merged")

// Manifest says what an archive holds and what it is worth.
type Manifest struct {
	Source   string        // where the pages come from, in words: one line
	Complete []uptime.Span // in which no heartbeat is missing; in order, none overlapping, at least one
	Files    []File        // at least one, in the order of the manifest
}

// File is one page of heartbeats.
type File struct {
	Name   string   // in the folder; ending in .gz if it is compressed
	SHA256 [32]byte // of the file as it lies there
}

// Slots returns how many slots are complete.
func (m Manifest) Slots() (slots int) {
	for _, s := range m.Complete {
		slots += s.Len()
	}
	return slots
}

// ParseManifest reads a manifest, whose spans must be over by now. The error is
// ErrFaulty, wrapped in every mistake.
func ParseManifest(text []byte, now time.Time) (Manifest, error) {
	p := parser{now: now, names: map[string]bool{}}
	m := p.manifest(text)
	if len(p.mistakes) > 0 {
		return Manifest{}, fmt.Errorf("%w: %s: %w", ErrFaulty, ManifestName, errors.Join(p.mistakes...))
	}
	return m, nil
}

// parser collects mistakes.
type parser struct {
	now      time.Time
	names    map[string]bool // of the files so far
	mistakes []error
}

func (p *parser) mistake(format string, args ...any) {
	p.mistakes = append(p.mistakes, fmt.Errorf(format, args...))
}

func (p *parser) manifest(text []byte) (m Manifest) {
	fields := p.object("the manifest", text, "source", "complete", "files")
	if fields == nil {
		return m
	}
	source, ok := p.text("source", fields["source"])
	if m.Source = source; ok && (strings.TrimSpace(source) == "" || strings.ContainsFunc(source, unicode.IsControl)) {
		p.mistake("source: %q: say in one line where the pages come from", source)
	}
	for i, raw := range p.array("complete", fields["complete"]) {
		m.Complete = append(m.Complete, p.span(fmt.Sprintf("complete[%d]", i), raw))
	}
	for i, raw := range p.array("files", fields["files"]) {
		m.Files = append(m.Files, p.file(fmt.Sprintf("files[%d]", i), raw))
	}
	if len(p.mistakes) == 0 {
		p.checkSpans(&m)
	}
	return m
}

// object reads an object that has each of the fields once, and no others.
func (p *parser) object(what string, raw []byte, names ...string) map[string]json.RawMessage {
	fields := make(map[string]json.RawMessage, len(names))
	if err := eachField(raw, func(name string, value json.RawMessage) {
		switch _, twice := fields[name]; {
		case !slices.Contains(names, name):
			p.mistake("%s: %q: no such field: the fields are %s", what, name, strings.Join(names, ", "))
		case twice:
			p.mistake("%s: %s stands twice: keep one of the two", what, name)
		}
		fields[name] = value
	}); err != nil {
		p.mistake("%s is no JSON object: %w: give one with %s", what, err, strings.Join(names, ", "))
		return nil
	}
	for _, name := range names {
		if _, there := fields[name]; !there {
			p.mistake("%s: %s is missing", what, name)
		}
	}
	return fields
}

// eachField visits the fields of one JSON object that nothing follows.
func eachField(raw []byte, visit func(name string, value json.RawMessage)) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	opening, err := d.Token()
	if err != nil {
		return err
	}
	if opening != json.Delim('{') {
		return fmt.Errorf("it begins with %v", opening)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		visit(name.(string), value) // a key is a string, or it is no JSON
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("data after the object")
	}
	return nil
}

// array reads an array of at least one value. One that is missing is a mistake by now.
func (p *parser) array(what string, raw []byte) (values []json.RawMessage) {
	if raw == nil {
		return nil
	}
	if err := json.Unmarshal(raw, &values); err != nil || len(values) == 0 {
		p.mistake("%s: %s: give an array of at least one", what, raw)
	}
	return values
}

// text reads a string. One that is missing is a mistake by now.
func (p *parser) text(what string, raw []byte) (text string, ok bool) {
	if raw == nil {
		return "", false
	}
	if err := json.Unmarshal(raw, &text); err != nil || raw[0] != '"' {
		p.mistake("%s: %s: write it as a string, in quotes", what, raw)
		return "", false
	}
	return text, true
}

func (p *parser) span(what string, raw []byte) (s uptime.Span) {
	before := len(p.mistakes)
	fields := p.object(what, raw, "from", "to")
	s.From = p.slot(what+".from", fields["from"])
	s.To = p.slot(what+".to", fields["to"])
	switch {
	case len(p.mistakes) > before:
	case s.Empty():
		p.mistake("%s: it ends at %s: let it end after it begins", what, s.To.Start().Format(time.RFC3339))
	case s.To.Start().After(p.now):
		p.mistake("%s: it ends at %s, which has not come yet: only what is over is complete", what, s.To.Start().Format(time.RFC3339))
	}
	return s
}

func (p *parser) slot(what string, raw []byte) uptime.Slot {
	text, ok := p.text(what, raw)
	at, err := time.Parse(time.RFC3339, text)
	if ok && (err != nil || !uptime.SlotOf(at).Start().Equal(at)) {
		p.mistake("%s: %q: write a multiple of five minutes, such as 2023-11-04T00:05:00Z", what, text)
	}
	return uptime.SlotOf(at)
}

func (p *parser) file(what string, raw []byte) (f File) {
	fields := p.object(what, raw, "name", "sha256")
	if name, ok := p.text(what+".name", fields["name"]); ok {
		f.Name = name
		p.checkName(what, name)
	}
	if digest, ok := p.text(what+".sha256", fields["sha256"]); ok {
		sum, err := hex.DecodeString(digest)
		if err != nil || len(sum) != len(f.SHA256) || digest != strings.ToLower(digest) {
			p.mistake("%s.sha256: %q: write the file's SHA-256, 64 hexadecimal digits in lower case", what, digest)
			return f
		}
		f.SHA256 = [32]byte(sum)
	}
	return f
}

func (p *parser) checkName(what, name string) {
	switch {
	case name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\`) || strings.ContainsFunc(name, unicode.IsControl):
		p.mistake("%s.name: %q: name a file of the folder itself", what, name)
	case name == ManifestName:
		p.mistake("%s.name: %q: it is the manifest itself: name pages only", what, name)
	case p.names[name]:
		p.mistake("%s.name: %q: it stands twice: keep one of the two", what, name)
	}
	p.names[name] = true
}

// checkSpans puts the spans in order and refuses those that overlap.
func (p *parser) checkSpans(m *Manifest) {
	slices.SortFunc(m.Complete, func(a, b uptime.Span) int { return int(a.From - b.From) })
	for i, s := range m.Complete[1:] {
		if before := m.Complete[i]; s.From < before.To {
			p.mistake("complete: a span begins at %s, within the one from %s to %s: name every slot once",
				s.From.Start().Format(time.RFC3339), before.From.Start().Format(time.RFC3339), before.To.Start().Format(time.RFC3339))
		}
	}
	if slots := m.Slots(); slots > slotsMax {
		p.mistake("complete: %d days: give at most %d in one archive", slots/uptime.SlotsPerDay, slotsMax/uptime.SlotsPerDay)
	}
}
