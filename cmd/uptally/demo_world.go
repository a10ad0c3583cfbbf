package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/embedpg"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

// demoFolder is the folder of one telling: no other has it meanwhile.
type demoFolder struct {
	path string
	lock *flock.Flock
}

// demosMax bounds how many tell the story side by side.
const demosMax = 100

// claimFolder takes demo, demo-2 … in the data folder, the first that is free. Its
// lock is the kernel's, so a telling that was killed leaves none behind.
func claimFolder(data string) (*demoFolder, error) {
	if err := os.MkdirAll(data, 0o755); err != nil {
		return nil, fmt.Errorf("data folder: %w; name another with --data", err)
	}
	for n := 1; n <= demosMax; n++ {
		path := filepath.Join(data, "demo")
		if n > 1 {
			path = fmt.Sprintf("%s-%d", path, n)
		}
		lock := flock.New(path + ".lock")
		free, err := lock.TryLock()
		if err != nil {
			return nil, fmt.Errorf("demo folder: %w", err)
		}
		if !free {
			continue
		}
		if looked, err := lookedAt(path); err != nil || looked {
			if err = errors.Join(err, lock.Unlock()); err != nil {
				return nil, fmt.Errorf("demo folder: %w", err)
			}
			continue
		}
		return &demoFolder{path, lock}, nil
	}
	return nil, fmt.Errorf("%d demos run in %s already: name another folder with --data", demosMax, data)
}

// lookedAt reports whether another command, such as uptally serve, uses what an earlier
// telling left in the folder: its database must not be taken from it.
func lookedAt(path string) (bool, error) {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return false, err
	}
	use := flock.New(postgresDir(path) + ".use")
	alone, err := use.TryLock()
	return !alone, errors.Join(err, use.Unlock())
}

// release lets another telling have the folder, and what this one left there.
func (f *demoFolder) release() error { return f.lock.Unlock() }

// openDatabase starts the folder's Postgres with a database as on the first day.
func (f *demoFolder) openDatabase(ctx context.Context) (*database, error) {
	if err := os.RemoveAll(f.distribution()); err != nil {
		return nil, err
	}
	// Held until the end, so that the server is ours under any database's name.
	server, err := embedpg.Start(ctx, embedpg.Config{DataDir: postgresDir(f.path), Database: "postgres"})
	if err != nil {
		return nil, err
	}
	db, err := f.freshDatabase(ctx, server)
	if err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return db, nil
}

func (f *demoFolder) freshDatabase(ctx context.Context, server *embedpg.Server) (*database, error) {
	connection, err := pgx.Connect(ctx, server.URL(embedpg.Owner))
	if err != nil {
		return nil, err
	}
	if err := errors.Join(dropDatabase(ctx, connection, databaseName), connection.Close(ctx)); err != nil {
		return nil, err
	}
	db, err := openEmbedded(ctx, f.path)
	if err != nil {
		return nil, err
	}
	db.embedded = server
	return db, nil
}

// distribution is where the files go unless --out says otherwise.
func (f *demoFolder) distribution() string { return filepath.Join(f.path, "distribution-d1") }

// serveWorld serves the world on loopback under a random token and returns a
// client of it, where it is, and how to wait for its end.
func serveWorld(ctx context.Context, world *simulator.World) (feed *uptime.Feed, url string, wait func() error, err error) {
	token := rand.Text()
	url, wait, err = simulator.Serve(ctx, "127.0.0.1:0", world.Handler(simulator.Options{Token: token}))
	if err != nil {
		return nil, "", nil, err
	}
	feed, err = uptime.NewFeed(uptime.FeedConfig{URL: url, Token: token})
	return feed, url, wait, err
}

// The story's own dates.
var (
	pullFrom  = simulator.Start
	pullUntil = simulator.Season2End.AddDate(0, 0, 1) // late enough to see who is back

	chartFrom  = time.Date(2024, 4, 1, 0, 0, 0, 0, time.UTC)
	chartUntil = simulator.Season2End

	zoomFrom  = time.Date(2024, 4, 24, 0, 0, 0, 0, time.UTC)
	zoomUntil = time.Date(2024, 4, 28, 0, 0, 0, 0, time.UTC)

	holdFrom  = time.Date(2024, 4, 25, 8, 0, 0, 0, time.UTC)
	holdUntil = time.Date(2024, 4, 25, 12, 0, 0, 0, time.UTC)
)
