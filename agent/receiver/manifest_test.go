package main

import (
	"bufio"
	"encoding/json"
	"strings"
	"testing"
)

func TestManifestsThatLeadAstrayAreRefused(t *testing.T) {
	good := file{"bin/tool", strings.Repeat("a", 64), 1, "0755"}
	for name, change := range map[string]func(*file){
		"above the kit":         func(f *file) { f.Path = "../tool" },
		"absolute":              func(f *file) { f.Path = "/bin/tool" },
		"not in its short form": func(f *file) { f.Path = "bin//tool" },
		"the kit itself":        func(f *file) { f.Path = "." },
		"its manifest":          func(f *file) { f.Path = manifestName },
		"a runtime's folder":    func(f *file) { f.Path = "runtime/tool" },
		"no digest":             func(f *file) { f.Sha256 = "../../etc/passwd" },
		"less than nothing":     func(f *file) { f.Size = -1 },
		"setuid":                func(f *file) { f.Mode = "4755" },
	} {
		changed := good
		change(&changed)
		if _, err := parseManifest(encoded(t, changed)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := parseManifest(encoded(t, good)); err != nil {
		t.Error(err)
	}
	other := good
	other.Path, other.Mode = "bin/copy", "0644"
	if _, err := parseManifest(encoded(t, good, other)); err == nil {
		t.Error("one content with two modes: accepted")
	}
	if _, err := parseManifest(encoded(t)); err == nil {
		t.Error("no files: accepted")
	}
}

func encoded(t *testing.T, files ...file) []byte {
	content, err := json.Marshal(manifest{Files: files})
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestHeaders(t *testing.T) {
	digest := strings.Repeat("0a", 32)
	for text, ok := range map[string]bool{
		digest + " 12\n":             true,
		"end\n":                      true,
		"":                           false,
		digest + " 12":               false,
		digest + " -1\n":             false,
		digest + "\n":                false,
		"../" + digest[3:] + " 12\n": false,
		strings.Repeat("x", 300):     false,
	} {
		if _, _, err := readHeader(bufio.NewReader(strings.NewReader(text))); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}
