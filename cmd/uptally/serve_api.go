package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/api/limit"
	"github.com/uptally/uptally/api/metrics"
	"github.com/uptally/uptally/jobs"
)

// apiFlags are those of the API.
type apiFlags struct {
	API                 bool     `name:"api" default:"true" negatable:"" help:"Answer the API."`
	Listen              string   `default:"127.0.0.1:8480" placeholder:"ADDR" env:"UPTALLY_LISTEN" help:"Where the API listens. While the development issuer's tokens are believed, on loopback only."`
	Metrics             string   `placeholder:"ADDR" env:"UPTALLY_METRICS" help:"Where figures for Prometheus are served; nowhere unless given, and on loopback unless an address is named."`
	SupplierDatabaseURL string   `name:"supplier-database-url" placeholder:"URL" env:"UPTALLY_SUPPLIER_DATABASE_URL" help:"The same database as uptally_supplier, through which suppliers read; rather set the variable, as arguments can be read by others. Not needed for the embedded one."`
	TrustedProxies      []string `placeholder:"PREFIX" env:"UPTALLY_TRUSTED_PROXIES" help:"Networks whose X-Forwarded-For is believed, such as 10.0.0.0/8."`
	Reads               int      `default:"1200" placeholder:"N" help:"Reads a minute of one caller; a quarter of it of an address without a token. 0 is no limit."`
	Writes              int      `default:"120" placeholder:"N" help:"Acts a minute of one caller; half of it of an address without a token. 0 is no limit."`
}

// budgets are the limits. An address's share of a small one is 1, as 0 is no limit.
func (f apiFlags) budgets() (limit.Budgets, error) {
	if f.Reads < 0 || f.Writes < 0 {
		return limit.Budgets{}, usage("--reads %d --writes %d: give a number of calls a minute, or 0 for no limit", f.Reads, f.Writes)
	}
	return limit.Budgets{
		Actor:   limit.Budget{Reads: f.Reads, Writes: f.Writes},
		Address: limit.Budget{Reads: (f.Reads + 3) / 4, Writes: (f.Writes + 1) / 2},
	}, nil
}

func (f apiFlags) proxies() (trusted []netip.Prefix, err error) {
	for _, text := range f.TrustedProxies {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, usage("--trusted-proxies %q: give a network such as 10.0.0.0/8", text)
		}
		trusted = append(trusted, prefix)
	}
	return trusted, nil
}

// serveAPI answers the API and works jobs, until ctx ends or one of them fails.
func (c serveCommand) serveAPI(ctx context.Context, a *app, db *database, client *jobs.Client, counted *metrics.Metrics, options jobs.Options) (err error) {
	proxies, err := c.proxies()
	if err != nil {
		return err
	}
	budgets, err := c.budgets()
	if err != nil {
		return err
	}
	terms, err := c.terms()
	if err != nil {
		return err
	}
	proving, err := c.wallets()
	if err != nil {
		return err
	}
	suppliers, err := a.supplierPool(ctx, db, c.SupplierDatabaseURL)
	if err != nil {
		return err
	}
	defer suppliers.Close()
	verifier, listener, err := c.open(ctx, a, db)
	if err != nil {
		return err
	}
	refusals := audit.NewWriter(db.pool, options.Log) //nolint:contextcheck // it writes until it is closed, past the end of ctx
	defer func() { err = errors.Join(err, refusals.Close()) }()
	counted.Queue(refusals.Depth)
	counted.Counted(refusals.Counted)
	server := api.New(api.Config{
		App: db.pool, Supplier: suppliers, Jobs: client, Verifier: verifier, Audit: refusals, Served: counted.Served,
		Limits: limit.New(budgets), Proxies: proxies, Log: options.Log,
		Appeals: terms, Wallets: proving, Webhooks: options.Webhooks,
	})
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.work(ctx, a, client) })
	group.Go(func() error { return serveUntil(ctx, listener, server.HTTP()) })
	a.say("Answering on http://%s; what it takes: http://%s%s", listener.Addr(), listener.Addr(), api.DocsPath)
	if c.Metrics != "" {
		group.Go(func() error { return c.serveMetrics(ctx, counted.Handler()) })
	}
	return group.Wait()
}

// open listens, and says whose tokens are believed: those of the configured issuers,
// else on the embedded database those of the development issuer, on loopback only.
func (c serveCommand) open(ctx context.Context, a *app, db *database) (*auth.Verifier, net.Listener, error) {
	development := db.embedded != nil && a.Auth == ""
	config, err := a.issuers(development)
	if err != nil {
		return nil, nil, err
	}
	verifier, err := auth.New(ctx, config, nil)
	if err != nil {
		return nil, nil, err
	}
	listen := net.Listen
	if development {
		listen = func(_, address string) (net.Listener, error) { return devissuer.Listen(ctx, address) }
	}
	listener, err := listen("tcp", c.Listen)
	if err != nil {
		return nil, nil, fmt.Errorf("--listen %s: %w", c.Listen, err)
	}
	return verifier, listener, nil
}

func (c serveCommand) serveMetrics(ctx context.Context, handler http.Handler) error {
	address := c.Metrics
	if host, port, err := net.SplitHostPort(address); err == nil && host == "" {
		address = net.JoinHostPort("127.0.0.1", port) // to no network, unless one is named
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("--metrics %s: %w", c.Metrics, err)
	}
	return serveUntil(ctx, listener, &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute})
}

// serveUntil serves until ctx ends, and lets the calls that run end.
func serveUntil(ctx context.Context, listener net.Listener, server *http.Server) error {
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopMax)
		defer cancel()
		stopped <- server.Shutdown(stopping)
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return err
	}
	return <-stopped
}
