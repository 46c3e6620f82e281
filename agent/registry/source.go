package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	// Mozilla's authorities, where the machine names none: a bare one has no ca-certificates.
	_ "golang.org/x/crypto/x509roots/fallback"
)

const (
	dialTimeout = 15 * time.Second
	// redirectsFollowed: registries send to their blob store in one step, some by way of a front.
	redirectsFollowed = 5
)

// Source is a registry or a mirror. It is asked for its kind of authentication once, by the first who needs it.
type Source struct {
	host       string
	repository name.Repository
	identity   *Identity
	network    http.RoundTripper

	once    sync.Once
	client  *http.Client
	failure error
}

func openSource(settings SourceSettings, all Settings) (*Source, error) {
	registry, err := name.NewRegistry(settings.Host)
	if err != nil {
		return nil, err
	}
	repository := registry.Repo(all.Repository)
	identity, err := credentialsFor(settings, repository, all.AuthFiles)
	if err != nil {
		return nil, err
	}
	trusted, err := trustedBy(settings)
	if err != nil {
		return nil, err
	}
	return &Source{
		host:       settings.Host,
		repository: repository,
		identity:   identity,
		network:    newNetwork(registry.RegistryStr(), settings.PlainHTTP, trusted, all.Limits),
	}, nil
}

func trustedBy(settings SourceSettings) (*x509.CertPool, error) {
	trusted, err := x509.SystemCertPool()
	if err != nil {
		trusted = x509.NewCertPool() // a machine without certificates of its own
	}
	if settings.CACertificate != "" && !trusted.AppendCertsFromPEM([]byte(settings.CACertificate)) {
		return nil, failed(invalid, "%s: its CA certificate is not PEM", settings.Host)
	}
	return trusted, nil
}

// newNetwork is what all requests pass, also those for tokens and those after redirects: from the outside in, retries,
// the right scheme, bounded and watched answers, connections.
func newNetwork(host string, plainHTTP bool, trusted *x509.CertPool, limits Limits) http.RoundTripper {
	connections := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig:       &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: milliseconds(limits.StallMs),
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   limits.AtOnce,
		DisableCompression:    true, // digests are of the bytes as sent
	}
	watched := &watching{inner: connections, limits: limits}
	return &retrying{limits: limits, inner: &scheming{inner: watched, host: host, plainHTTP: plainHTTP}}
}

// lost tells why this source cannot be used at all; found out once, so that a dead mirror is waited for once.
func (s *Source) lost(ctx context.Context) error {
	s.once.Do(func() {
		scopes := []string{s.repository.Scope(transport.PullScope)}
		authorized, err := transport.NewWithContext(ctx, s.repository.Registry, s.identity, s.network, scopes)
		if err != nil {
			s.failure = s.blame(err)
			return
		}
		s.client = &http.Client{Transport: authorized, CheckRedirect: limitRedirects}
	})
	return s.failure
}

func limitRedirects(_ *http.Request, via []*http.Request) error {
	if len(via) > redirectsFollowed {
		return failed(unreachable, "%s: redirects more than %d times", via[0].URL.Host, redirectsFollowed)
	}
	return nil
}

// blame words an error of talking to this source; where it denies access, with who we were.
func (s *Source) blame(err error) *Failure {
	failure := blame(s.host, err)
	if failure.Kind != denied {
		return failure
	}
	return failed(denied, "%s %s", failure.Message, s.identity.refused)
}

// ask sends one request about this repository; an answer that is no success is an error.
func (s *Source) ask(ctx context.Context, method, kind, reference string, header http.Header) (*http.Response, error) {
	target := url.URL{
		Scheme: "https", // the network knows the right one
		Host:   s.repository.RegistryStr(),
		Path:   "/v2/" + s.repository.RepositoryStr() + "/" + kind + "/" + reference,
	}
	request, err := http.NewRequestWithContext(ctx, method, target.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header = header
	response, err := s.client.Do(request)
	if err != nil {
		return nil, s.blame(err)
	}
	if err := transport.CheckError(response, http.StatusOK, http.StatusPartialContent); err != nil {
		response.Body.Close()
		return nil, s.blame(err)
	}
	return response, nil
}
