package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/api/limit"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

const (
	apiRounds   = 5
	apiRound    = 2 * time.Second
	apiCallers  = 256
	apiAudience = "bench"
)

// measureAPI seals the season, serves the API and a bare handler beside it, and asks
// both as quickly as they answer.
func (b *bench) measureAPI(ctx context.Context) (_ []Figure, err error) {
	d, err := b.dataset(ctx, b.devices, b.days)
	if err != nil {
		return nil, err
	}
	if err := d.sealed(ctx); err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	if err := uptime.CutDays(ctx, d.app); err != nil { // as a job does
		return nil, fmt.Errorf("cutting days: %w", err)
	}
	house, err := d.openHouse(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, house.close()) }()
	last := d.fleet.span.To.Start()
	loads := []*load{
		house.load("bare", house.bare, func(int) string { return "/seasons/" + seasonCode }),
		house.load("season", house.api, func(int) string { return "/v1/seasons/" + seasonCode + "/earnings" }),
		house.load("a day", house.api, func(i int) string { return timelinePath(i, last.AddDate(0, 0, -(i%max(1, b.days))), 1) }),
		house.load("30 days", house.api, func(i int) string { return timelinePath(i, last, min(30, b.days)) }),
	}
	tasks := make([]task, len(loads))
	for i, l := range loads {
		tasks[i] = l.round
	}
	if _, err := interleave(ctx, apiRounds, tasks...); err != nil {
		return nil, err
	}
	for _, l := range loads {
		b.tell("%-7s %8.0f requests/s, median %s, 99th percentile %s", l.name, l.rate(), l.latency(50), l.latency(99))
	}
	bare := loads[0].rate()
	return []Figure{
		ratioOf("api.season", loads[1].rate(), bare, "1/s", AtLeast(0.4)),
		ratioOf("api.timeline_day", loads[2].rate(), bare, "1/s", AtLeast(0.3)),
		ratioOf("api.timeline_month", loads[3].rate(), bare, "1/s", AtLeast(0.015)),
	}, nil
}

// timelinePath asks for days of a device of the caller with that number.
func timelinePath(caller int, end time.Time, days int) string {
	return fmt.Sprintf("/v1/devices/%s/timeline?from=%s&to=%s", idOf(caller*devicesPerSupplier),
		end.AddDate(0, 0, -days).Format(time.RFC3339), end.Format(time.RFC3339))
}

// sealed seals a revision, unless one is: another person approves it, and overrides
// what stands against it, as the fleet's outage is nobody's story.
func (d *dataset) sealed(ctx context.Context) error {
	if err := d.takenOnce(ctx); err != nil {
		return err
	}
	if err := d.begin(ctx, func(tx pgx.Tx) error { return foldOwners(ctx, tx) }); err != nil {
		return err
	}
	if err := d.begin(ctx, func(tx pgx.Tx) error {
		all, err := snapshot.List(ctx, tx, seasonCode)
		if err != nil || all[len(all)-1].State == snapshot.Sealed {
			return err
		}
		checker, err := insertPerson(ctx, tx)
		if err != nil {
			return err
		}
		return d.seal(ctx, tx, all[len(all)-1], checker)
	}); err != nil {
		return err
	}
	conn, err := d.owner.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return vacuumOwners(ctx, conn.Conn())
}

func (d *dataset) seal(ctx context.Context, tx pgx.Tx, s snapshot.Snapshot, checker int64) error {
	if _, err := ledger.Fund(ctx, tx, ledger.SeasonPool(seasonCode), pool, d.taker, "bench", "bench"); err != nil {
		return err
	}
	override, err := snapshot.AskOverride(ctx, tx, s, "the outage is made up", d.taker)
	if err != nil {
		return err
	}
	if err := snapshot.ApproveOverride(ctx, tx, s, override.ID, checker); err != nil {
		return err
	}
	if err := snapshot.Approve(ctx, tx, s.ID, s.Digest, checker, ""); err != nil {
		return err
	}
	_, err = snapshot.Seal(ctx, tx, s.ID, checker)
	return err
}

// house is the API and the bare handler, both on loopback.
type house struct {
	api, bare *http.Server
	addresses map[*http.Server]string
	suppliers *pgxpool.Pool
	refusals  *audit.Writer
	tokens    []string
}

// openHouse serves both, and signs a token for each caller.
func (d *dataset) openHouse(ctx context.Context) (h *house, err error) {
	issuer, verifier, err := apiIssuer(ctx)
	if err != nil {
		return nil, err
	}
	h = &house{addresses: map[*http.Server]string{}}
	if h.suppliers, err = api.ConnectSuppliers(ctx, d.supplierURL); err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	h.refusals = audit.NewWriter(d.app, log) //nolint:contextcheck // it writes until it is closed
	h.api = api.New(api.Config{
		App: d.app, Supplier: h.suppliers, Verifier: verifier, Audit: h.refusals, Limits: limit.New(limit.Budgets{}), Log: log,
	}).HTTP()
	h.bare = &http.Server{Handler: bareHandler(h.suppliers), ReadHeaderTimeout: 5 * time.Second}
	for _, server := range []*http.Server{h.api, h.bare} {
		if err := h.listen(ctx, server); err != nil {
			return nil, errors.Join(err, h.close())
		}
	}
	for caller := range min(apiCallers, max(1, d.fleet.devices/devicesPerSupplier)) {
		token, err := issuer.Token(devissuer.Claims{
			Subject: fmt.Sprint("caller-", caller), Roles: []auth.Role{auth.Supplier}, Supplier: supplierOf(caller), Audience: apiAudience,
		})
		if err != nil {
			return nil, errors.Join(err, h.close())
		}
		h.tokens = append(h.tokens, token)
	}
	return h, nil
}

func apiIssuer(ctx context.Context) (*devissuer.Issuer, *auth.Verifier, error) {
	key, err := devissuer.NewKey()
	if err != nil {
		return nil, nil, err
	}
	issuer := devissuer.New(key, devissuer.LocalURL)
	verifier, err := auth.New(ctx, auth.Config{Audience: apiAudience, Issuers: []auth.Issuer{trusted(issuer)}}, nil)
	return issuer, verifier, err
}

func trusted(issuer *devissuer.Issuer) auth.Issuer {
	t := issuer.Trusted()
	t.Audience = apiAudience
	return t
}

// bareHandler answers one row, read by its key.
func bareHandler(pool *pgxpool.Pool) http.Handler {
	router := chi.NewMux()
	router.Get("/seasons/{season}", func(w http.ResponseWriter, r *http.Request) {
		code, units, err := pointOf(r.Context(), pool, chi.URLParam(r, "season"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"code":%q,"pool":"%d"}`, code, units)
	})
	return router
}

func (h *house) listen(ctx context.Context, server *http.Server) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h.addresses[server] = listener.Addr().String()
	go func() { _ = server.Serve(listener) }() // ends with close
	return nil
}

func (h *house) close() error {
	err := errors.Join(h.api.Close(), h.bare.Close(), h.refusals.Close())
	h.suppliers.Close()
	return err
}
