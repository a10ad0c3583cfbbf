package webhook

import "time"

// Schedule is how long after a try the next one comes: nine tries within 25.6 hours.
var Schedule = []time.Duration{
	10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 5 * time.Hour, 8 * time.Hour, 10 * time.Hour,
}

// FailingAfter is how long an endpoint that takes nothing is kept; after that, it goes
// with the next message that is given up.
const FailingAfter = 5 * 24 * time.Hour

// next returns when the try after one of a number, from 1, is due; zero: there is none.
func (s *Sender) next(number int, at time.Time) time.Time {
	if number > len(s.schedule) {
		return time.Time{}
	}
	return at.Add(s.schedule[number-1])
}
