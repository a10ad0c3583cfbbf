package town

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/api/webhook"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

func april(day, hour int) time.Time { return time.Date(2024, 4, day, hour, 0, 0, 0, time.UTC) }

// The seasons, and when they are asked for.
var (
	Sealed  = snapshot.Season{Code: "town-s1", FirstDay: april(24, 0), LastDay: april(26, 0), Pool: 1_000_000_000_000_007}
	Running = snapshot.Season{Code: "town-s2", FirstDay: april(27, 0), LastDay: april(28, 0), Pool: 700_000_000_000}
	Now     = april(28, 12)

	pulled = uptime.SpanOf(april(23, 0), april(29, 0))
)

// People, by their names on the command line, which are the subjects of their tokens.
const (
	Ada   = "ada.quillon"     // rewards: takes, proposes, asks
	Grace = "grace.ostrander" // rewards: approves
	Ann   = "ann.velasquez"   // finance: prepares, asks
	Bob   = "bob.thackeray"   // finance: approves
	Oscar = "oscar.pemberton" // operator
)

// Party is a supplier, and what there is of theirs.
type Party struct {
	ID      uuid.UUID
	Subject string // of their token
	Device  uuid.UUID
	Appeal  string
	Payout  string
	Webhook string
	// Challenge is of a wallet that was not proved.
	Challenge string
	Wallet    string // the active one

	reason, evidence, hook string
}

// Town is the world, and the server that answers for it.
type Town struct {
	*apitest.Server
	Owner, Stranger *Party
	Third           uuid.UUID // a supplier who is frozen, and whose release is asked for
	Moved           uuid.UUID // a device of the owner's that was the stranger's for a while
	Secrets         []Secret
	// Numbers of what waits for a second person, and of what is there.
	Window, Incident, Hold, Override, Reopening, Task string
	Held                                              string            // a device with changes that are held
	Draft                                             snapshot.Snapshot // the third revision

	t       testing.TB
	world   *simulator.World
	persons map[string]int64
	sealed  []snapshot.Snapshot
}

// New builds the town. The options change its server.
func New(t testing.TB, options ...func(*api.Config)) *Town {
	t.Helper()
	db := pgtest.New(t)
	w := &Town{t: t, persons: map[string]int64{}}
	for _, name := range []string{Ada, Grace, Ann, Bob, Oscar} {
		w.persons[name] = pgtest.Person(t, db.Owner, name)
	}
	standing := func(c *api.Config) {
		c.Now = func() time.Time { return Now }
		c.Webhooks = webhook.New(webhook.Config{Key: webhook.Key{1}, Loopback: true})
	}
	w.Server = apitest.On(t, db, append([]func(*api.Config){standing}, options...)...)
	var err error
	w.world, err = simulator.New(simulator.Config{Scenario: simulator.April2024, Devices: 60, Seed: 424})
	w.check(err)
	Pull(t, db, w.world, pulled, Sealed.FirstDay, Running.LastDay)
	Cut(t, db, april(26, 0)) // so that callers are shown days, and hours
	w.choose()
	w.prepareSeasons()
	w.seal()
	w.chooseThird()
	w.pay()
	w.judge()
	w.seal()
	w.Draft = w.take()
	_, err = snapshot.Reestimate(t.Context(), db.App, Running.Code)
	w.check(err)
	w.visitSupplier(w.Owner)
	w.visitSupplier(w.Stranger)
	w.visitStaff()
	w.gather()
	return w
}

// As returns a client of a person of staff, by name.
func (w *Town) As(name string) *apitest.Client {
	w.t.Helper()
	return w.Server.As(name, RoleOf(name))
}

// Of returns a client of a supplier.
func (w *Town) Of(p *Party) *apitest.Client {
	w.t.Helper()
	return w.Server.Supplier(p.Subject, p.ID)
}

// Reading returns a client of a supplier whose token may only read.
func (w *Town) Reading(p *Party) *apitest.Client {
	w.t.Helper()
	return w.With(devissuer.Claims{Subject: p.Subject, Roles: []auth.Role{auth.Supplier}, Supplier: p.ID, Scopes: []string{auth.ScopeRead}})
}

// Suppliers are all suppliers of the town.
func (w *Town) Suppliers() (all []uuid.UUID) {
	for i := range w.world.Devices() {
		if supplier := w.world.Device(i).Facts.SupplierID; !slices.Contains(all, supplier) {
			all = append(all, supplier)
		}
	}
	return all
}

// RoleOf returns the role of a person of staff.
func RoleOf(name string) auth.Role {
	switch name {
	case Ada, Grace:
		return auth.Rewards
	case Ann, Bob:
		return auth.Finance
	}
	return auth.Operator
}

func (w *Town) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *Town) tx(f func(context.Context, pgx.Tx) error) {
	w.t.Helper()
	ctx := context.Background()
	w.check(pgx.BeginFunc(ctx, w.DB.App, func(tx pgx.Tx) error { return f(ctx, tx) }))
}
