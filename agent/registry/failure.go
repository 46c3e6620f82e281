package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// The kinds of failure, each an error code of the agent.
const (
	missing     = "missing"
	denied      = "denied"
	unreachable = "unreachable"
	invalid     = "invalid"
	full        = "full"
	broken      = "broken"
)

// Failure is an error as the agent gets it. The message names the source; it never holds credentials.
type Failure struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	// RetryAfterMs is what the registry asked for, where it did.
	RetryAfterMs int64 `json:"retryAfterMs,omitempty"`
}

func (f *Failure) Error() string { return f.Message }

func failed(kind, format string, values ...any) *Failure {
	return &Failure{Kind: kind, Message: fmt.Sprintf(format, values...)}
}

func describe(err error) *Failure {
	var failure *Failure
	if errors.As(err, &failure) {
		return failure
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return failed(full, "no space left on the disk")
	}
	return failed(broken, "%v", err)
}

// blame words an error of talking to a source.
func blame(host string, err error) *Failure {
	var failure *Failure
	if errors.As(err, &failure) {
		return failure
	}
	var answer *transport.Error
	if errors.As(err, &answer) {
		return blameStatus(host, answer.StatusCode, diagnosis(answer))
	}
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		var unknown x509.UnknownAuthorityError
		if errors.As(err, &unknown) {
			return failed(unreachable, "%s: its certificate is signed by an unknown authority; name its CA certificate", host)
		}
		return failed(unreachable, "%s: its certificate is not valid: %v", host, untrusted.Err)
	}
	var header tls.RecordHeaderError
	if errors.As(err, &header) || errors.Is(err, http.ErrSchemeMismatch) {
		return failed(unreachable, "%s: does not speak TLS; ask for plain HTTP if that is meant", host)
	}
	return failed(unreachable, "%s: %s", host, reason(err))
}

// reason keeps addresses after redirects out of messages, which may be signed, and what a token server said.
func reason(err error) string {
	for lost := (*url.Error)(nil); errors.As(err, &lost); {
		err = lost.Err
	}
	text := err.Error()
	if strings.Contains(text, "token in bearer response") {
		return "its token server sent no token"
	}
	return text[:min(len(text), 300)]
}

// blameStatus words an answer that is no success.
func blameStatus(host string, status int, why string) *Failure {
	said := fmt.Sprintf("%d %s", status, http.StatusText(status))
	if why != "" {
		said += ", " + why
	}
	switch {
	case status == http.StatusNotFound:
		return failed(missing, "%s: not found (%s); check the name", host, said)
	case status == http.StatusRequestedRangeNotSatisfiable:
		return failed(invalid, "%s: has fewer bytes than its manifest says (%s)", host, said)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return failed(denied, "%s: access denied (%s)", host, said)
	default:
		return failed(unreachable, "%s: answered %s", host, said)
	}
}

// diagnosis keeps a registry's own words short, and never what is not in the form of its errors.
func diagnosis(answer *transport.Error) string {
	words := make([]string, 0, len(answer.Errors))
	for _, each := range answer.Errors {
		words = append(words, string(each.Code))
	}
	joined := strings.Join(words, " ")
	return joined[:min(len(joined), 200)]
}
