package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
)

// Of `ada:open`.
const basic = `{"auth": "YWRhOm9wZW4="}`

func TestLookUp(t *testing.T) {
	folder := t.TempDir()
	helper := "#!/bin/sh\necho '{\"ServerURL\": \"x\", \"Username\": \"ada\", \"Secret\": \"open\"}'\n"
	if err := os.WriteFile(filepath.Join(folder, "docker-credential-test"), []byte(helper), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	for title, each := range map[string]struct {
		registry, content string
		found             bool
	}{
		"by registry":                     {"registry:5000", `{"auths": {"registry:5000": ` + basic + `}}`, true},
		"another port":                    {"registry:5000", `{"auths": {"registry": ` + basic + `}}`, false},
		"by repository, as podman knows":  {"registry:5000", `{"auths": {"registry:5000/team/app": ` + basic + `}}`, true},
		"docker.io as docker calls it":    {"docker.io", `{"auths": {"https://index.docker.io/v1/": ` + basic + `}}`, true},
		"docker.io as podman calls it":    {"docker.io", `{"auths": {"docker.io": ` + basic + `}}`, true},
		"a helper of the registry":        {"registry:5000", `{"credHelpers": {"registry:5000": "test"}}`, true},
		"a helper of another":             {"registry:5000", `{"credHelpers": {"other": "test"}}`, false},
		"nothing":                         {"registry:5000", `{}`, false},
		"a file that says something else": {"registry:5000", `{"HttpHeaders": {"a": "b"}}`, false},
	} {
		file := filepath.Join(folder, "auth.json")
		if err := os.WriteFile(file, []byte(each.content), 0o600); err != nil {
			t.Fatal(err)
		}
		registry, err := name.NewRegistry(each.registry)
		if err != nil {
			t.Fatal(err)
		}
		found, err := lookUp(file, registry.Repo("team/app"))
		if err != nil || (found != nil) != each.found {
			t.Errorf("%s: %v, %v", title, found, err)
			continue
		}
		if found != nil && (found.Username != "ada" || found.Password != "open") {
			t.Errorf("%s: found %s", title, found.Username)
		}
	}
}

func TestLookUpWithoutAFileAndInOneThatIsBroken(t *testing.T) {
	registry, _ := name.NewRegistry("registry:5000")
	if found, err := lookUp("/nowhere/auth.json", registry.Repo("app")); found != nil || err != nil {
		t.Errorf("absent: %v, %v", found, err)
	}
	file := filepath.Join(t.TempDir(), "auth.json")
	if err := os.WriteFile(file, []byte("secret words"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := lookUp(file, registry.Repo("app")); err == nil {
		t.Error("a broken file is no error")
	}
}
