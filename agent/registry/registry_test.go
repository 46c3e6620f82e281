package main

import (
	"net/http"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"":                              0,
		"7":                             7 * time.Second,
		"-7":                            0,
		"Tue, 01 Jan 2030 00:01:00 GMT": time.Minute,
		"Mon, 31 Dec 2029 00:00:00 GMT": 0,
		"soon":                          0,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("retryAfter(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestRangeOf(t *testing.T) {
	for _, each := range []struct {
		status       int
		contentRange string
		start, total int64
		isError      bool
	}{
		{http.StatusOK, "", 0, 100, false},
		{http.StatusPartialContent, "bytes 40-99/100", 40, 100, false},
		{http.StatusPartialContent, "bytes 40-99/*", 40, -1, false},
		{http.StatusPartialContent, "", 0, 0, true},
		{http.StatusPartialContent, "pages 1-2/3", 0, 0, true},
	} {
		response := &http.Response{
			StatusCode:    each.status,
			ContentLength: 100,
			Header:        http.Header{"Content-Range": {each.contentRange}},
		}
		start, total, err := rangeOf(response)
		if start != each.start || total != each.total || (err != nil) != each.isError {
			t.Errorf("rangeOf(%d, %q) = %d, %d, %v", each.status, each.contentRange, start, total, err)
		}
	}
}

func TestPauseGrowsUpToItsBound(t *testing.T) {
	waits := retrying{limits: Limits{PauseMs: 100, MaxPauseMs: 1000}}
	for try, longest := range map[int]time.Duration{1: 100, 2: 200, 4: 800, 5: 1000, 60: 1000} {
		longest *= time.Millisecond
		if got := waits.pause(try); got < longest/2 || got > longest {
			t.Errorf("pause(%d) = %v, not between %v and %v", try, got, longest/2, longest)
		}
	}
}

func TestOtherHostsAreNotSpokenToWithoutTLS(t *testing.T) {
	strict := &scheming{host: "registry:5000"}
	request, _ := http.NewRequest(http.MethodGet, "http://tokens.example/", nil)
	if _, err := strict.RoundTrip(request); err == nil {
		t.Error("a request by plain HTTP went out")
	}
}
