package snapshot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/uptally/uptally/uptime"
)

// Field is one thing that a change of a device may name.
type Field string

// The fields. The last two are for display only: they pay nobody.
const (
	FieldSupplier     Field = "supplier"
	FieldGPUModel     Field = "gpu_model"
	FieldGPUCount     Field = "gpu_count"
	FieldConnectivity Field = "connectivity"
	FieldDeviceName   Field = "device_name"
	FieldStatus       Field = "status"
)

// FieldDisplay stands, where changes are asked for, for both fields that are for
// display only.
const FieldDisplay Field = "display"

var askedFields = []Field{FieldSupplier, FieldGPUModel, FieldGPUCount, FieldConnectivity, FieldDisplay}

// ParseField reads a field as changes are asked for by it.
func ParseField(text string) (Field, error) {
	if f := Field(text); slices.Contains(askedFields, f) {
		return f, nil
	}
	names := make([]string, len(askedFields))
	for i, f := range askedFields {
		names[i] = string(f)
	}
	return "", fmt.Errorf("field %q: write one of %s", text, strings.Join(names, ", "))
}

// Covers reports whether what is asked for is the other field, or includes it.
func (f Field) Covers(other Field) bool {
	return f == other || f == FieldDisplay && (other == FieldDeviceName || other == FieldStatus)
}

// Typed reports whether the field's text was typed by people, or an attacker: show
// it in quotes.
func (f Field) Typed() bool { return f != FieldSupplier && f != FieldGPUCount }

// FieldChange is what a change does, or would do, to one field.
type FieldChange struct {
	Field  Field   `json:"field"`
	Before *string `json:"before"` // nil: nothing that is believed names it
	After  string  `json:"after"`
}

// folded is all that the changes believed so far say of a device: its facts, and
// what is for display only.
type folded struct {
	facts        uptime.Facts
	registered   bool // the facts are known
	name, status *string
}

func (f folded) apply(c *uptime.Change) folded {
	f.facts, f.registered = f.facts.Apply(*c), true
	if c.DeviceName != nil {
		f.name = c.DeviceName
	}
	if c.Status != nil {
		f.status = c.Status
	}
	return f
}

// changes returns what the change does to each field that it names.
func (f folded) changes(c *uptime.Change) []FieldChange {
	changes := []FieldChange{}
	add := func(field Field, named bool, before, after func() string) {
		if !named {
			return
		}
		change := FieldChange{Field: field, After: after()}
		if f.registered {
			change.Before = new(before())
		}
		changes = append(changes, change)
	}
	add(FieldSupplier, c.SupplierID != nil, f.facts.SupplierID.String, func() string { return c.SupplierID.String() })
	add(FieldGPUModel, c.GPUModel != nil, func() string { return f.facts.GPUModel }, func() string { return *c.GPUModel })
	add(FieldGPUCount, c.GPUCount != nil, func() string { return digits(f.facts.GPUCount) }, func() string { return digits(*c.GPUCount) })
	add(FieldConnectivity, c.Connectivity != nil, func() string { return f.facts.Connectivity }, func() string { return *c.Connectivity })
	if c.DeviceName != nil {
		changes = append(changes, FieldChange{FieldDeviceName, f.name, *c.DeviceName})
	}
	if c.Status != nil {
		changes = append(changes, FieldChange{FieldStatus, f.status, *c.Status})
	}
	return changes
}

func digits(n int32) string { return strconv.Itoa(int(n)) }
