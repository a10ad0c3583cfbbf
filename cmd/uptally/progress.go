package main

import (
	"sync"

	"github.com/schollz/progressbar/v3"
)

// progress is a bar on a terminal, and nothing anywhere else.
type progress struct {
	bar  *progressbar.ProgressBar
	once sync.Once
}

// newProgress returns a bar that counts up to total, under a title. One thing to
// do shows no progress.
func (a *app) newProgress(title string, total int) *progress {
	if !isTerminal(a.talk) || total <= 1 {
		return &progress{}
	}
	return &progress{bar: progressbar.NewOptions(total,
		progressbar.OptionSetWriter(a.talk),
		progressbar.OptionSetDescription(title),
		progressbar.OptionSetWidth(40),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerHead: "█", SaucerPadding: "░"}),
	)}
}

// at shows how many of the total are done.
func (p *progress) at(done int) {
	if p.bar != nil {
		_ = p.bar.Set(done) // a bar that cannot be drawn is no reason to stop
	}
}

// end takes the bar off the screen.
func (p *progress) end() {
	p.once.Do(func() {
		if p.bar != nil {
			_ = p.bar.Finish()
		}
	})
}
