package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// manifestLimit in bytes; a kit's manifest has some 30 KB.
const manifestLimit = 4 << 20

// manifest lists all files of a kit. Its own SHA-256 is the kit's name: provider/kit/manifest.ts.
type manifest struct {
	Files []file `json:"files"`

	digest string
	bytes  []byte
}

// file lies below the kit's folder, but for those below runtime/NAME, which kits share.
type file struct {
	Path   string `json:"path"`
	Sha256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Mode   string `json:"mode"`
}

var digestPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

const manifestName = "manifest.json"

func readManifest(input io.Reader) (manifest, error) {
	content, err := io.ReadAll(io.LimitReader(input, manifestLimit+1))
	if err != nil {
		return manifest{}, fmt.Errorf("read manifest: %w", err)
	}
	return parseManifest(content)
}

func parseManifest(content []byte) (manifest, error) {
	parsed := manifest{digest: digestOfBytes(content), bytes: content}
	if len(content) > manifestLimit {
		return parsed, fmt.Errorf("read manifest: more than %d bytes", manifestLimit)
	}
	if err := json.Unmarshal(content, &parsed); err != nil {
		return parsed, fmt.Errorf("read manifest: %w; send it again", err)
	}
	if len(parsed.Files) == 0 {
		return parsed, fmt.Errorf("read manifest: it names no files")
	}
	return parsed, parsed.check()
}

// check refuses what would lead out of the root folder or could not be told apart in the store.
func (m manifest) check() error {
	modes := map[string]string{}
	for _, f := range m.Files {
		switch {
		case !fs.ValidPath(f.Path) || f.Path == "." || f.Path == manifestName || path.Dir(f.Path) == "runtime":
			return fmt.Errorf("read manifest: file %q: no path inside of a kit", f.Path)
		case !digestPattern.MatchString(f.Sha256):
			return fmt.Errorf("read manifest: file %q: no SHA-256", f.Path)
		case f.Size < 0 || (f.Mode != "0644" && f.Mode != "0755"):
			return fmt.Errorf("read manifest: file %q: its size or mode is none of a kit's", f.Path)
		case modes[f.Sha256] != "" && modes[f.Sha256] != f.Mode:
			return fmt.Errorf("read manifest: file %q: the same content has two modes", f.Path)
		}
		modes[f.Sha256] = f.Mode
	}
	return nil
}

func (f file) mode() fs.FileMode {
	if f.Mode == "0755" {
		return 0o755
	}
	return 0o644
}

// byDigest has each content once.
func (m manifest) byDigest() map[string]file {
	files := map[string]file{}
	for _, f := range m.Files {
		files[f.Sha256] = f
	}
	return files
}

// trees are the manifest's folders below the root, each with its files by their path inside: what kits share first, so
// that a kit appears when all it needs is there.
func (m manifest) trees() []tree {
	shared := map[string]*tree{}
	own := tree{name: m.digest, files: map[string]file{}}
	var order []tree
	for _, f := range m.Files {
		name, inside, isShared := splitShared(f.Path)
		if !isShared {
			own.files[f.Path] = f
			continue
		}
		if shared[name] == nil {
			shared[name] = &tree{name: name, files: map[string]file{}}
			order = append(order, *shared[name])
		}
		shared[name].files[inside] = f
	}
	return append(order, own)
}

type tree struct {
	name  string
	files map[string]file
}

// splitShared splits runtime/NAME/INSIDE.
func splitShared(path string) (name, inside string, ok bool) {
	rest, ok := strings.CutPrefix(path, "runtime/")
	if !ok {
		return "", "", false
	}
	name, inside, ok = strings.Cut(rest, "/")
	return "runtime/" + name, inside, ok
}
