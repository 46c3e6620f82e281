package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// retrying repeats what may work a moment later: lost connections, busy and failing servers.
type retrying struct {
	inner  http.RoundTripper
	limits Limits
}

func (r *retrying) RoundTrip(request *http.Request) (*http.Response, error) {
	for try := 1; ; try++ {
		response, err := r.inner.RoundTrip(request)
		pause, asked, again := r.judge(request, response, err, try)
		if !again {
			return response, err
		}
		if try >= r.limits.Tries || pause > milliseconds(r.limits.MaxPauseMs) {
			if err != nil {
				return nil, err
			}
			defer response.Body.Close()
			failure := blameStatus(request.URL.Host, response.StatusCode, "")
			failure.RetryAfterMs = asked.Milliseconds()
			return nil, failure
		}
		if response != nil {
			response.Body.Close()
		}
		select {
		case <-time.After(pause):
		case <-request.Context().Done():
			return nil, request.Context().Err()
		}
	}
}

// judge tells whether another try makes sense, and after which pause; asked is what the server wished for.
func (r *retrying) judge(request *http.Request, response *http.Response, err error, try int) (pause, asked time.Duration, again bool) {
	if request.Body != nil && request.Body != http.NoBody || request.Context().Err() != nil {
		return 0, 0, false
	}
	if err != nil {
		return r.pause(try), 0, !isFinal(err)
	}
	switch response.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		asked = retryAfter(response.Header.Get("Retry-After"), time.Now())
		return max(asked, r.pause(try)), asked, true
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return r.pause(try), 0, true
	}
	return 0, 0, false
}

// pause doubles from try to try, up to its bound, and varies by half so that many hosts do not come back at once.
func (r *retrying) pause(try int) time.Duration {
	longest := milliseconds(r.limits.MaxPauseMs)
	doubled := min(milliseconds(r.limits.PauseMs)<<min(try-1, 20), longest)
	return doubled/2 + rand.N(doubled/2+1)
}

// isFinal: these do not get better by waiting.
func isFinal(err error) bool {
	var failure *Failure
	var untrusted *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	return errors.As(err, &failure) || errors.As(err, &untrusted) || errors.As(err, &header)
}

// retryAfter reads the header's two forms (RFC 9110, 10.2.3): seconds, or a date.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(max(seconds, 0)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// scheming speaks to the source by the one scheme that its settings ask for, and to others (token servers, blob
// stores) never without TLS unless the source itself is reached that way.
type scheming struct {
	inner     http.RoundTripper
	host      string
	plainHTTP bool
}

func (s *scheming) RoundTrip(request *http.Request) (*http.Response, error) {
	wanted := request.URL.Scheme
	if request.URL.Host == s.host {
		wanted = map[bool]string{true: "http", false: "https"}[s.plainHTTP]
	}
	if wanted == "http" && !s.plainHTTP {
		return nil, failed(unreachable, "%s: sends to %s by plain HTTP, which was not asked for", s.host, request.URL.Host)
	}
	if wanted != request.URL.Scheme {
		request = request.Clone(request.Context())
		request.URL.Scheme = wanted
	}
	return s.inner.RoundTrip(request)
}

// watching cuts answers that stall, and those that are longer than any but a blob's: only blobs are asked for by Range.
type watching struct {
	inner  http.RoundTripper
	limits Limits
}

var errStalled = errors.New("no byte came for too long")

func (w *watching) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(request.Context())
	response, err := w.inner.RoundTrip(request.WithContext(ctx))
	if err != nil {
		cancel(err)
		return nil, err
	}
	stall := milliseconds(w.limits.StallMs)
	body := &watchedBody{inner: response.Body, ctx: ctx, cancel: cancel, stall: stall}
	body.timer = time.AfterFunc(stall, func() { cancel(errStalled) })
	response.Body = body
	if request.Header.Get("Range") == "" {
		response.Body = &boundedBody{Reader: io.LimitReader(body, w.limits.ManifestBytes+1), Closer: body}
	}
	return response, nil
}

type boundedBody struct {
	io.Reader
	io.Closer
}

type watchedBody struct {
	inner  io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	stall  time.Duration
}

func (b *watchedBody) Read(into []byte) (int, error) {
	count, err := b.inner.Read(into)
	b.timer.Reset(b.stall)
	if err != nil && err != io.EOF && errors.Is(context.Cause(b.ctx), errStalled) {
		err = errStalled
	}
	return count, err
}

func (b *watchedBody) Close() error {
	b.timer.Stop()
	b.cancel(nil)
	return b.inner.Close()
}
