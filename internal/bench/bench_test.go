package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestMain lets the program under test call itself: it is this one.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "-take") {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestASmallRunMeasuresEveryFigure is the whole run over a hundredth of the fleet:
// what it measures is right, how long it takes is another's matter.
func TestASmallRunMeasuresEveryFigure(t *testing.T) {
	ctx, talk := context.Background(), new(strings.Builder)
	b, err := start(ctx, options{devices: 1500, days: 2, throwaway: true}, talk)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.stop(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(b.passing); !os.IsNotExist(err) {
			t.Errorf("%s is left behind: %v", b.passing, err)
		}
	}()
	var figures []Figure
	for _, prefix := range []string{"ingest.", "snapshot.", "evidence.", "ledger.", "distribution.", "scale.", "fakes."} { // merkle. takes a package of npm's
		some, err := b.measure(ctx, prefix)
		if err != nil {
			t.Fatalf("%v\n%s", err, talk)
		}
		figures = append(figures, some...)
	}
	t.Log(talk)
	var names []string
	for _, f := range figures {
		names = append(names, f.Name)
		// A line through two tiny fleets' times may well fall below 0 at the third.
		extrapolated := strings.HasPrefix(f.Name, "scale.")
		if f.Ours <= 0 || f.Unit == "" || !extrapolated && (f.Other <= 0 || f.Ratio <= 0) {
			t.Errorf("%+v: want values above 0, and a unit", f)
		}
	}
	want := []string{
		"ingest.merge", "ingest.bytes_per_device_hour", "ingest.decode", "ingest.pull",
		"snapshot.score", "snapshot.take", "snapshot.growth", "snapshot.memory", "snapshot.preview",
		"evidence.write", "evidence.verify", "evidence.verify_supplier", "evidence.bytes",
		"ledger.seal", "ledger.seal_next", "distribution.export",
		"scale.devices", "scale.devices.merge", "scale.devices.score", "scale.devices.bytes",
		"fakes.precision", "fakes.recall", "fakes.scan",
	}
	if !slices.Equal(names, want) {
		t.Errorf("figures %v, want %v", names, want)
	}
}

func TestOptionsOutOfBoundsAreRefused(t *testing.T) {
	for _, arguments := range []string{"-devices 0", "-devices 600001", "-days 0", "-days 47", "-no-such-flag", "stray"} {
		if err := run(t.Context(), strings.Fields(arguments), new(strings.Builder), new(strings.Builder)); err == nil {
			t.Errorf("%s is accepted", arguments)
		}
	}
}
