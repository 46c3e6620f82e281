package main

import "time"

const (
	// stableAfter is how long an agent must have run for its end to count as a first one.
	stableAfter = 10 * time.Second
	firstDelay  = 100 * time.Millisecond
	maxDelay    = 5 * time.Second
)

// backoff says how long to wait before the next start. One death is answered at once; deaths that follow each
// other within stableAfter wait 0.1, 0.2, 0.4 ... 5 seconds.
type backoff struct {
	shortLives int
}

func (b *backoff) delayAfter(lived time.Duration) time.Duration {
	if lived >= stableAfter {
		b.shortLives = 0
		return 0
	}
	b.shortLives++
	if b.shortLives == 1 {
		return 0
	}
	delay := firstDelay
	for i := 2; i < b.shortLives && delay < maxDelay; i++ {
		delay *= 2
	}
	return min(delay, maxDelay)
}
