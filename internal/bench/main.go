package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/uptally/uptally/internal/embedpg"
)

func main() {
	devices := flag.Int("devices", 600_000, "")
	days := flag.Int("days", 30, "")
	data := flag.String("data", "", "")
	flag.Parse()
	ctx := context.Background()
	began := time.Now()
	tell := func(f string, a ...any) { fmt.Fprintf(os.Stderr, "%6.1f "+f+"\n", append([]any{time.Since(began).Seconds()}, a...)...) }
	server, err := embedpg.Start(ctx, embedpg.Config{DataDir: filepath.Join(*data, "cluster"), Database: "postgres"})
	if err != nil {
		panic(err)
	}
	defer server.Stop()
	tell("started")
	d, err := openDataset(ctx, filepath.Join(*data, "cluster"), newFleet(*devices, *days), tell)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer d.close()
}
