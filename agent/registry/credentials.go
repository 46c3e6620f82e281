package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/types"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
)

// Identity is who to be at a source.
type Identity struct {
	authn.Authenticator
	// refused says, for people, what was sent and what to do when that is refused.
	refused string
}

// credentialsFor finds who to be at a source: what the settings say, else what the first file that knows it says.
// Files are Docker's config.json or Podman's auth.json; a credential helper they name is asked.
func credentialsFor(source SourceSettings, repository name.Repository, files []string) (*Identity, error) {
	if source.Username != "" || source.Password != "" {
		given := authn.FromConfig(authn.AuthConfig{Username: source.Username, Password: source.Password})
		return &Identity{given, "with the credentials of imageCredentials; correct them, or check the name"}, nil
	}
	for _, file := range files {
		found, err := lookUp(file, repository)
		if err != nil {
			return nil, failed(denied, "%s: read credentials in %s: %v", source.Host, file, err)
		}
		if found != nil {
			return &Identity{authn.FromConfig(*found), "with the credentials in " + file + "; correct them, or check the name"}, nil
		}
	}
	return &Identity{authn.Anonymous, "without credentials; name a Secret in imageCredentials, or check the name"}, nil
}

func lookUp(path string, repository name.Repository) (*authn.AuthConfig, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	known, err := config.LoadFromReader(file)
	if err != nil {
		return nil, errors.New("it is not JSON of the form that docker login or podman login writes")
	}
	for _, key := range keysOf(repository) {
		found, err := known.GetAuthConfig(key)
		if err != nil {
			return nil, fmt.Errorf("ask the credential helper: %w", err)
		}
		if found.ServerAddress = ""; found != (types.AuthConfig{}) {
			return &authn.AuthConfig{
				Username: found.Username, Password: found.Password, Auth: found.Auth,
				IdentityToken: found.IdentityToken, RegistryToken: found.RegistryToken,
			}, nil
		}
	}
	return nil, nil
}

// keysOf: Podman may know a repository apart from its registry; Docker Hub has a name of its own in these files.
func keysOf(repository name.Repository) []string {
	registry := repository.RegistryStr()
	if registry == name.DefaultRegistry {
		return []string{"docker.io/" + repository.RepositoryStr(), authn.DefaultAuthKey, "docker.io"}
	}
	return []string{repository.Name(), registry}
}
