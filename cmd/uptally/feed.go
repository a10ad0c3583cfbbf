package main

import (
	"fmt"

	"github.com/uptally/uptally/uptime"
)

// feed returns the client of the network's uptime API that the environment
// describes. Secrets are variables only: the arguments of a process can be read by
// others.
func (a *app) feed() (*uptime.Feed, error) {
	read := func(variable string) string {
		value, _ := a.lookup(variable)
		return value
	}
	config := uptime.FeedConfig{
		URL: read("UPTALLY_FEED_URL"), Token: read("UPTALLY_FEED_TOKEN"),
		TokenURL: read("UPTALLY_FEED_TOKEN_URL"), ClientID: read("UPTALLY_FEED_CLIENT_ID"),
		ClientSecret: read("UPTALLY_FEED_CLIENT_SECRET"), Audience: read("UPTALLY_FEED_AUDIENCE"),
	}
	if config.URL == "" {
		return nil, fmt.Errorf("%w: no feed: set UPTALLY_FEED_URL, and UPTALLY_FEED_TOKEN or UPTALLY_FEED_TOKEN_URL, "+
			"UPTALLY_FEED_CLIENT_ID and UPTALLY_FEED_CLIENT_SECRET; or try it with: uptally simulate", errUsage)
	}
	feed, err := uptime.NewFeed(config)
	if err != nil {
		return nil, fmt.Errorf("%w: UPTALLY_FEED_*: %w", errUsage, err)
	}
	return feed, nil
}
