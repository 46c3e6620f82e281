package main

import "io"

type missingAnswer struct {
	Digest string `json:"digest"`
	// Installed: the kit is in its place, and whole.
	Installed bool `json:"installed"`
	// Missing are the digests to send.
	Missing []string `json:"missing"`
}

// missing changes nothing.
func missing(s store, input io.Reader) (*missingAnswer, error) {
	m, err := readManifest(input)
	if err != nil {
		return nil, err
	}
	lacking := s.lacks(m)
	return &missingAnswer{m.digest, len(lacking) == 0 && s.isPlaced(m), lacking}, nil
}
