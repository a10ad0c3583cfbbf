package merkle

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// smallFile is the file of three leaves: one is odd.
func smallFile(t interface{ Fatal(...any) }) string {
	return string(mustNew(t, []Leaf{{claimant(1), 10, 1}, {claimant(2), 20, 2}, {claimant(3), 30, 3}}).Append(nil, 7))
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := mustNew(t, rapid.SliceOfN(drawLeaf, 1, 60).Draw(t, "leaves"))
		want := rapid.Uint64().Draw(t, "version")
		read, version, err := Read(tree.Append(nil, want))
		if err != nil {
			t.Fatal(err)
		}
		if version != want || read.Root() != tree.Root() || !slices.Equal(read.Leaves(), tree.Leaves()) {
			t.Fatalf("version %d, leaves %v; want %d, %v", version, read.Leaves(), want, tree.Leaves())
		}
	})
}

// TestFilesOfOtherToolsAreRead is about another order of leaves and of fields,
// about white space, and about the field that newer tools leave out.
func TestFilesOfOtherToolsAreRead(t *testing.T) {
	leaves := randomLeaves(6, 21)
	tree, err := Build(leaves)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(tree.Append(nil, 0), &fields); err != nil {
		t.Fatal(err)
	}
	delete(fields, "max_total_claim")
	text, err := json.MarshalIndent(fields, "\t", "\r\n  ") // fields by name: the root is no longer first
	if err != nil {
		t.Fatal(err)
	}
	read, _, err := Read(append(text, "\r\n"...))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(read.Leaves(), leaves) {
		t.Error("the leaves are in another order")
	}
}

// TestAnAlteredFileIsRefused replaces the first match of a pattern.
func TestAnAlteredFileIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, pattern, by string
		want              error
	}{
		{"as it is", `^`, "", nil},
		{"another version", `"airdrop_version":7`, `"airdrop_version":8`, nil},
		{"white space", `,`, " ,\n\t\r", nil},

		{"the root", `root":\[\d+`, `root":[1`, ErrDiffers},
		{"the count", `nodes":3`, `nodes":4`, ErrDiffers},
		{"the total", `claim":66`, `claim":0`, ErrDiffers},
		{"the unlocked total", `unlocked_amount":60`, `unlocked_amount":61`, ErrDiffers},
		{"the locked total", `locked_amount":6,"tree`, `locked_amount":5,"tree`, ErrDiffers},
		{"an amount", `"amount":20`, `"amount":21`, ErrDiffers},
		{"a locked amount", `"locked_amount":2`, `"locked_amount":0`, ErrDiffers},
		{"a claimant", `claimant":\[\d+`, `claimant":[1`, ErrDiffers},
		{"a hash of a proof", `proof":\[\[\d+`, `proof":[[1`, ErrDiffers},
		{"a proof of nothing", `"proof":\[\[.*\]\]`, `"proof":[]`, ErrDiffers},
		{"a proof too short", `,\[[0-9,]*\]\]\}`, `]}`, ErrDiffers},
		{"a claimant twice", `(?s)(\{"claimant.*?)\n(\{"claimant[^\n]*\n)`, "$1\n$1\n", ErrTwice},
		{"too much for 64 bits", `"amount":20`, `"amount":18446744073709551615`, ErrOverflow},
		{"no leaf", `(?s)"tree_nodes":\[.*\]`, `"tree_nodes":[]`, ErrNoLeaf},

		{"nothing", `(?s).*`, ``, ErrMalformed},
		{"no object", `(?s).*`, `[]`, ErrMalformed},
		{"an empty object", `(?s).*`, `{}`, ErrMalformed},
		{"cut off", `(?s)(.{500}).*`, `$1`, ErrMalformed},
		{"cut off in a name", `(?s)"tree_nodes.*`, `"tree_`, ErrMalformed},
		{"something behind", `$`, `{}`, ErrMalformed},
		{"a zero byte behind", `$`, "\x00", ErrMalformed},
		{"a comma too many", `\}\n\]`, "},\n]", ErrMalformed},
		{"a comma too many in an object", `\]\}`, `],}`, ErrMalformed},
		{"a comma too few", `,"amount`, `"amount`, ErrMalformed},
		{"a field too many", `,"amount`, `,"index":0,"amount`, ErrMalformed},
		{"a field too few", `"airdrop_version":7,`, ``, ErrMalformed},
		{"a field of a leaf too few", `"locked_amount":2,`, ``, ErrMalformed},
		{"a field twice", `,"amount":20`, `,"amount":1,"amount":20`, ErrMalformed},
		{"a field in capitals", `"amount":20`, `"Amount":20`, ErrMalformed},
		{"no proof", `"proof":\[\[.*\]\]`, `"proof":null`, ErrMalformed},
		{"an amount in quotes", `"amount":20`, `"amount":"20"`, ErrMalformed},
		{"an amount below 0", `"amount":20`, `"amount":-20`, ErrMalformed},
		{"a fraction", `"amount":20`, `"amount":20.0`, ErrMalformed},
		{"an exponent", `"amount":20`, `"amount":2e1`, ErrMalformed},
		{"a leading zero", `"amount":20`, `"amount":020`, ErrMalformed},
		{"65 bits", `"amount":20`, `"amount":18446744073709551616`, ErrMalformed},
		{"no byte", `root":\[\d+`, `root":[256`, ErrMalformed},
		{"31 numbers", `root":\[\d+,`, `root":[`, ErrMalformed},
		{"33 numbers", `root":\[`, `root":[0,`, ErrMalformed},
		{"no number", `root":\[\d+,`, `root":[,`, ErrMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := smallFile(t)
			pattern := regexp.MustCompile(c.pattern)
			at := pattern.FindStringSubmatchIndex(text)
			if at == nil {
				t.Fatalf("%s is not in\n%s", c.pattern, text)
			}
			altered := text[:at[0]] + string(pattern.ExpandString(nil, c.by, text, at)) + text[at[1]:]
			tree, _, err := Read([]byte(altered))
			if !errors.Is(err, c.want) || (tree == nil) != (c.want != nil) {
				t.Errorf("error %v, want %v, of\n%s", err, c.want, altered)
			}
		})
	}
}

// TestAnErrorNamesFieldAndPlace shows what finance would read.
func TestAnErrorNamesFieldAndPlace(t *testing.T) {
	for altered, want := range map[string]string{
		`{"merkle_root":[1,256`:   `merkle: not a tree file, byte 21: want a whole number of 0 to 255, without leading zeros`,
		`{"index":1}`:             `merkle: not a tree file, byte 8: field "index" is unknown`,
		`{"airdrop_version":007`:  `merkle: not a tree file, byte 22: want a whole number of 0 to 18446744073709551615, without leading zeros`,
		`{"merkle_root":[1,2]`:    `merkle: not a tree file, byte 20: want an array of 32 numbers, it has 2`,
		`{"max_num_nodes": null}`: `merkle: not a tree file, byte 18: want a whole number of 0 to 18446744073709551615, without leading zeros`,
	} {
		if _, _, err := Read([]byte(altered)); err == nil || err.Error() != want {
			t.Errorf("%s: error\n%v\nwant\n%s", altered, err, want)
		}
	}
}

// FuzzRead holds the reader against encoding/json: what Read accepts, that reads
// as the same tree, and the file written of it is read again.
func FuzzRead(f *testing.F) {
	f.Add([]byte(smallFile(f)))
	f.Add(mustNew(f, randomLeaves(1, 1)).Append(nil, 0))
	f.Add([]byte(`{"tree_nodes":[{"proof":[[`))
	f.Fuzz(func(t *testing.T, text []byte) {
		tree, version, err := Read(text)
		if err != nil {
			return
		}
		file := decode(t, text)
		if file.MerkleRoot != tree.Root() || file.AirdropVersion != version || len(file.TreeNodes) != len(tree.Leaves()) {
			t.Fatalf("encoding/json reads %+v", file)
		}
		for i, node := range file.TreeNodes {
			if (Leaf{node.Claimant, node.Amount, node.LockedAmount}) != tree.Leaves()[i] || !slices.Equal(node.Proof, tree.Proof(i)) {
				t.Fatalf("encoding/json reads leaf %d as %+v", i, node)
			}
		}
		again, sameVersion, err := Read(tree.Append(nil, version))
		if err != nil || sameVersion != version || again.Root() != tree.Root() {
			t.Fatalf("not read again: %v", err)
		}
	})
}
