package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// span is a length of time as people say it: 30m, 24h, 7d.
type span time.Duration

// UnmarshalText reads what time.ParseDuration does, and days.
func (s *span) UnmarshalText(text []byte) error {
	given := string(text)
	if days, ok := strings.CutSuffix(given, "d"); ok {
		if n, err := strconv.ParseFloat(days, 64); err == nil && n >= 0 && n < 36500 {
			*s = span(n * 24 * float64(time.Hour))
			return nil
		}
	}
	d, err := time.ParseDuration(given)
	if err != nil || d < 0 {
		return fmt.Errorf("%q is no length of time; write it as 30m, 24h or 7d", given)
	}
	*s = span(d)
	return nil
}

func (s span) duration() time.Duration { return time.Duration(s) }
