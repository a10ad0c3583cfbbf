package appeal

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Filter says which appeals are meant: those that everything given holds for.
type Filter struct {
	States    []State   // none: all
	DueBefore time.Time // zero: whenever; else those only that have not ended
	Season    string    // "": all
	Supplier  uuid.UUID // Nil: all
	After     *Place    // those after it in the order
	Limit     int       // at most so many; 0: all
}

// Place is where an appeal stands in the order of List: those that have not ended
// first, by the date that they are due, the overdue so before all; then the others.
type Place struct {
	Ended bool
	DueAt time.Time
	ID    uuid.UUID
}

// Place returns where the appeal stands.
func (a *Appeal) Place() Place { return Place{a.State.Ended(), a.DueAt, a.ID} }

// List returns the appeals of the filter for the team, in the order of Place.
func List(ctx context.Context, tx pgx.Tx, f Filter) ([]Appeal, error) {
	all, err := selectAppeals(ctx, tx, f)
	if err != nil {
		return nil, fmt.Errorf("appeals: %w", err)
	}
	return all, nil
}
