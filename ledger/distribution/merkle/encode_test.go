package merkle

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write the golden file anew")

// jupiter is a tree file as encoding/json reads it.
type jupiter struct {
	MerkleRoot          Hash   `json:"merkle_root"`
	AirdropVersion      uint64 `json:"airdrop_version"`
	MaxNumNodes         uint64 `json:"max_num_nodes"`
	MaxTotalClaim       uint64 `json:"max_total_claim"`
	TotalUnlockedAmount uint64 `json:"total_unlocked_amount"`
	TotalLockedAmount   uint64 `json:"total_locked_amount"`
	TreeNodes           []struct {
		Claimant     Hash   `json:"claimant"`
		Amount       uint64 `json:"amount"`
		LockedAmount uint64 `json:"locked_amount"`
		Proof        []Hash `json:"proof"`
	} `json:"tree_nodes"`
}

func decode(t *testing.T, text []byte) (file jupiter) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestTheTreeFileIsGolden is about the very bytes: those that are approved.
func TestTheTreeFileIsGolden(t *testing.T) {
	const golden = "testdata/tree.json"
	text := mustNew(t, []Leaf{
		{claimant(3), 250_000_000, 0},
		{claimant(1), 1<<53 + 1, 7},
		{claimant(2), 0, math.MaxUint64 >> 1},
	}).Append(nil, 4)
	if *update {
		if err := os.WriteFile(golden, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, want) {
		t.Errorf("the file is\n%s\nwant\n%s", text, want)
	}
}

// TestTheTreeFileHoldsTheTree reads the file with another reader.
func TestTheTreeFileHoldsTheTree(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5, 64, 1000} {
		tree := mustNew(t, randomLeaves(n, n))
		text := tree.Append([]byte("before"), math.MaxUint64)
		file := decode(t, bytes.TrimPrefix(text, []byte("before")))
		unlocked, locked := tree.Totals()
		if file.MerkleRoot != tree.Root() || file.AirdropVersion != math.MaxUint64 || file.MaxNumNodes != uint64(n) ||
			file.MaxTotalClaim != unlocked+locked || file.TotalUnlockedAmount != unlocked || file.TotalLockedAmount != locked ||
			len(file.TreeNodes) != n {
			t.Fatalf("%d leaves: %+v", n, file)
		}
		for i, node := range file.TreeNodes {
			leaf := Leaf{node.Claimant, node.Amount, node.LockedAmount}
			if leaf != tree.Leaves()[i] || node.Proof == nil {
				t.Fatalf("leaf %d is %+v, want %+v", i, node, tree.Leaves()[i])
			}
			mustEqual(t, "proof", node.Proof, tree.Proof(i))
		}
		if again := tree.Append(nil, math.MaxUint64); !bytes.Equal(again, text[len("before"):]) {
			t.Fatalf("%d leaves: the bytes differ the second time", n)
		}
	}
}

// TestTheFileIsWrittenInOnePiece holds the size that is asked for beforehand
// against the longest file there can be.
func TestTheFileIsWrittenInOnePiece(t *testing.T) {
	tree := mustNew(t, []Leaf{{claimant(1), math.MaxUint64 >> 2, math.MaxUint64 >> 2}, {claimant(2), 1, 1}})
	for i := range tree.nodes {
		tree.nodes[i] = Hash(bytes.Repeat([]byte{255}, 32)) // three digits each
	}
	for i := range tree.leaves {
		tree.leaves[i] = Leaf{tree.nodes[0], math.MaxUint64, math.MaxUint64}
	}
	if grown := testing.AllocsPerRun(10, func() { tree.Append(nil, math.MaxUint64) }); grown > 3 { // the texts, their ends, the file
		t.Errorf("%v allocations, want 3", grown)
	}
}

func TestAmountsThatJavaScriptRoundsAreListed(t *testing.T) {
	const exact = ExactMax
	for _, c := range []struct {
		name   string
		leaves []Leaf
		want   []Inexact
	}{
		{"all exact", []Leaf{{claimant(1), exact - 1, 0}, {claimant(2), 1, 0}}, nil},
		{"all exact, locked", []Leaf{{claimant(1), 0, exact}}, nil},
		{"a total of both", []Leaf{{claimant(1), exact, 1}}, []Inexact{{"max_total_claim", exact + 1}}},
		{"a total", []Leaf{{claimant(1), exact, 0}, {claimant(2), 1, 0}}, []Inexact{
			{"max_total_claim", exact + 1}, {"total_unlocked_amount", exact + 1},
		}},
		{"amounts, by claimant", []Leaf{{claimant(1), exact + 1, 0}, {claimant(2), 5, exact + 2}}, []Inexact{
			{"max_total_claim", 2*exact + 8}, {"total_unlocked_amount", exact + 6}, {"total_locked_amount", exact + 2},
			{"tree_nodes[0].locked_amount", exact + 2}, {"tree_nodes[1].amount", exact + 1},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := mustNew(t, c.leaves)
			if got := tree.Inexact(); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	const want = "tree_nodes[17].amount is 9007199254740993, above 2^53: read the file with tools that keep 64-bit integers, not with JavaScript"
	if got := (Inexact{"tree_nodes[17].amount", exact + 1}).String(); got != want {
		t.Errorf("it reads\n%s\nwant\n%s", got, want)
	}
}
