package uptime

import "time"

const instantLength = len("2006-01-02T15:04:05Z")

// parseInstant reads an RFC 3339 date-time in UTC, "2024-04-25T08:05:12Z" with
// any number of decimals of a second, and reports whether it was one: upper-case
// T and Z, a real day of the calendar, no leap second. It returns Unix seconds,
// rounded down, and the nanoseconds on top, further decimals cut.
func parseInstant(text []byte) (seconds int64, nanos int, ok bool) {
	last := len(text) - 1
	if last < instantLength-1 || text[last] != 'Z' {
		return 0, 0, false
	}
	if nanos, ok = parseFraction(text[instantLength-1 : last]); !ok {
		return 0, 0, false
	}
	seconds, ok = parseSeconds(text)
	return seconds, nanos, ok
}

// parseSeconds reads the first nineteen bytes of an instant, up to its whole
// seconds, which the caller has made sure are there.
func parseSeconds(text []byte) (int64, bool) {
	text = text[:instantLength-1]
	if text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' {
		return 0, false
	}
	bad := uint(0)
	pair := func(at int) uint {
		tens, ones := uint(text[at]-'0'), uint(text[at+1]-'0')
		if tens > 9 || ones > 9 {
			bad = 1
		}
		return tens*10 + ones
	}
	year, month, day := pair(0)*100+pair(2), pair(5), pair(8)
	hour, minute, second := pair(11), pair(14), pair(17)
	if bad != 0 || month-1 > 11 || day-1 >= daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	date := time.Date(int(year), time.Month(month), int(day), int(hour), int(minute), int(second), 0, time.UTC)
	return date.Unix(), true
}

// daysIn returns the days of a month, 1 to 12, in the Gregorian calendar.
func daysIn(year, month uint) uint {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// parseFraction reads "" or a point and at least one digit as nanoseconds.
func parseFraction(text []byte) (nanos int, ok bool) {
	if len(text) == 0 {
		return 0, true
	}
	if text[0] != '.' || len(text) == 1 {
		return 0, false
	}
	scale := int(time.Second)
	for _, c := range text[1:] {
		if !isDigit(c) {
			return 0, false
		}
		scale /= 10
		nanos += int(c-'0') * scale
	}
	return nanos, true
}
