package main

import (
	"encoding/json"
	"os"
	"testing"
)

// The contract's own test reads the same file.
func TestAgentPathsAreThoseOfTheContract(t *testing.T) {
	text, err := os.ReadFile("../../contract/paths.vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct{ Root, ID, StateDir, RunDir string }
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		got := agentPaths(v.Root)
		if got.id != v.ID || got.stateDir != v.StateDir || got.runDir != v.RunDir {
			t.Errorf("%q: got %+v", v.Root, got)
		}
	}
}
