package jobs

import (
	"context"
	"log/slog"
)

// quieter passes on what is a warning or worse. The library that works the jobs counts
// them aloud every few seconds, a line a queue; figures are for metrics.
type quieter struct{ slog.Handler }

// Enabled says what is passed on.
func (h quieter) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs keeps it so with attributes.
func (h quieter) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quieter{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps it so in a group.
func (h quieter) WithGroup(name string) slog.Handler { return quieter{h.Handler.WithGroup(name)} }
