package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptally/uptally/ledger/distribution/merkle"
)

// place makes programs of shell scripts the only ones on the path, and a cache
// folder of the test's own.
func place(t *testing.T, programs map[string]string) {
	folder := t.TempDir()
	for name, script := range programs {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
}

func TestWithoutNodeTheRemedyIsNamed(t *testing.T) {
	for name, programs := range map[string]map[string]string{
		"neither":              nil,
		"no npm":               {"node": ""},
		"npm installs nothing": {"node": "", "npm": "echo no such package >&2; exit 1"},
	} {
		t.Run(name, func(t *testing.T) {
			place(t, programs)
			_, err := startPeer(t.Context())
			if err == nil || !strings.Contains(err.Error(), "install Node.js 18") {
				t.Errorf("error %v, want the remedy", err)
			}
			if programs["npm"] != "" && !strings.Contains(err.Error(), "no such package") {
				t.Errorf("error %v, want what npm said", err)
			}
			if left, _ := filepath.Glob(os.Getenv("XDG_CACHE_HOME") + "/uptally/*"); len(left) > 0 {
				t.Errorf("%v is left behind", left)
			}
		})
	}
}

// TestAnotherTreeIsNoComparison puts a program in Node's place that answers what
// merkletreejs with other options would, and one that ends.
func TestAnotherTreeIsNoComparison(t *testing.T) {
	leaves, err := merkle.Merge(merkleLeaves(5))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ node, want string }{
		{`read line; echo '{"root":"00","proofs":"00"}'; read line`, errOtherTree.Error()},
		{`echo 'no heap' >&2; exit 3`, "no heap"},
	} {
		place(t, map[string]string{"node": c.node, "npm": ""})
		peer, err := startPeer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		err = peer.compare(leaves)
		peer.stop()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
		if errors.Is(err, errOtherTree) != (c.want == errOtherTree.Error()) {
			t.Errorf("error %v is of another kind", err)
		}
	}
}
