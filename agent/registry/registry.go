package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/types"
)

var digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// accepted are all forms of manifests that are in use; schema 1 is among them so that it can be named when refused.
var accepted = strings.Join([]string{
	string(types.OCIImageIndex), string(types.OCIManifestSchema1), string(types.DockerManifestList),
	string(types.DockerManifestSchema2), string(types.DockerManifestSchema1Signed),
}, ", ")

// Registry is one repository, in the registry that names it and in its mirrors.
type Registry struct {
	sources []*Source
	limits  Limits
}

func openRegistry(settings Settings) (*Registry, error) {
	registry := &Registry{limits: settings.Limits}
	for _, each := range settings.Sources {
		source, err := openSource(each, settings)
		if err != nil {
			return nil, err
		}
		registry.sources = append(registry.sources, source)
	}
	return registry, nil
}

// fromAny tries the sources in their order. What fails is told with the registry's own failure as the reason,
// for a mirror need not have everything.
func (r *Registry) fromAny(ctx context.Context, attempt func(*Source) error) error {
	var asides []string
	for at, source := range r.sources {
		err := source.lost(ctx)
		if err == nil {
			err = attempt(source)
		}
		if err == nil {
			return nil
		}
		failure := describe(err)
		if failure.Kind == full || failure.Kind == broken {
			return failure
		}
		if at == len(r.sources)-1 {
			if len(asides) > 0 {
				failure.Message += " (mirror " + strings.Join(asides, "; mirror ") + ")"
			}
			return failure
		}
		asides = append(asides, failure.Message)
	}
	return errors.New("no source given")
}

// locate asks for the digest of a tag, by HEAD, which does not count as a pull where pulls are counted.
func (r *Registry) locate(ctx context.Context, tag string) (digest string, err error) {
	err = r.fromAny(ctx, func(source *Source) error {
		response, err := source.ask(ctx, http.MethodHead, "manifests", tag, http.Header{"Accept": {accepted}})
		if err == nil {
			response.Body.Close()
			digest = response.Header.Get("Docker-Content-Digest")
		}
		if err == nil && digestPattern.MatchString(digest) {
			return nil
		}
		content, err := r.manifest(ctx, source, tag)
		digest = digestOf(content)
		return err
	})
	return digest, err
}

func (r *Registry) bringManifest(ctx context.Context, digest string) error {
	return r.fromAny(ctx, func(source *Source) error {
		content, err := r.manifest(ctx, source, digest)
		if err != nil {
			return err
		}
		if got := digestOf(content); got != digest {
			return mismatch(source, digest, got)
		}
		return writeWhole(digest, content)
	})
}

func (r *Registry) manifest(ctx context.Context, source *Source, reference string) ([]byte, error) {
	response, err := source.ask(ctx, http.MethodGet, "manifests", reference, http.Header{"Accept": {accepted}})
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, r.limits.ManifestBytes+1))
	if err != nil {
		return nil, source.blame(err)
	}
	if int64(len(content)) > r.limits.ManifestBytes {
		return nil, failed(invalid, "%s: a manifest of over %d bytes", source.host, r.limits.ManifestBytes)
	}
	return content, nil
}

func mismatch(source *Source, expected, got string) *Failure {
	return failed(invalid, "%s: sent other content than %s: its digest is %s", source.host, expected, got)
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// finalName: the agent takes what has it into its store.
func finalName(digest string) string   { return strings.TrimPrefix(digest, "sha256:") }
func partialName(digest string) string { return finalName(digest) + ".partial" }

func writeWhole(digest string, content []byte) error {
	if !digestPattern.MatchString(digest) {
		return fmt.Errorf("%q is not a digest", digest)
	}
	file, err := openPartial(digest)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.Truncate(0); err != nil {
		return err
	}
	if _, err := io.Copy(file, bytes.NewReader(content)); err != nil {
		return err
	}
	return finish(file, digest)
}

func finish(file *os.File, digest string) error {
	if err := file.Sync(); err != nil {
		return err
	}
	return os.Rename(partialName(digest), finalName(digest))
}
