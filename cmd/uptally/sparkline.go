package main

import "strings"

// sparkline draws numbers as a row of at most width blocks, from the lowest eighth
// for 0 to a full one for top. Numbers below 0 stand for none: a dot.
func sparkline(numbers []int64, top int64, width int) string {
	step := max(1, (len(numbers)+width-1)/width)
	var line strings.Builder
	for from := 0; from < len(numbers); from += step {
		sum, known := int64(0), int64(0)
		for _, n := range numbers[from:min(from+step, len(numbers))] {
			if n >= 0 {
				sum += n
				known++
			}
		}
		if known == 0 {
			line.WriteRune('·')
			continue
		}
		level := min(full-1, sum*(full-1)/(known*max(top, 1)))
		line.WriteRune(eighths[level+1])
	}
	return line.String()
}
