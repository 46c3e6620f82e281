package main

import "time"

// Settings are the first line of input: agent/adapters/registry/messages.ts writes it.
type Settings struct {
	Repository string `json:"repository"`
	// Sources are asked in this order; the last is the registry that the reference names.
	Sources []SourceSettings `json:"sources"`
	// AuthFiles may name credentials, the first that knows a source counts. Absent ones are skipped.
	AuthFiles []string `json:"authFiles"`
	// User is whom to be once the credentials are read; 0: stay who we are.
	User   int    `json:"user"`
	Limits Limits `json:"limits"`
}

type SourceSettings struct {
	// Host is a host name, with a port where one is given.
	Host          string `json:"host"`
	PlainHTTP     bool   `json:"plainHttp"`
	CACertificate string `json:"caCertificate"`
	Username      string `json:"username"`
	Password      string `json:"password"`
}

// Limits are all in milliseconds but for the counts and bytes.
type Limits struct {
	AtOnce        int   `json:"atOnce"`
	Tries         int   `json:"tries"`
	Cuts          int   `json:"cuts"`
	StallMs       int64 `json:"stallMs"`
	PauseMs       int64 `json:"pauseMs"`
	MaxPauseMs    int64 `json:"maxPauseMs"`
	ManifestBytes int64 `json:"manifestBytes"`
}

func milliseconds(count int64) time.Duration { return time.Duration(count) * time.Millisecond }

// Request asks for one of three things: which digest a tag names, a manifest, or a blob.
type Request struct {
	ID       int    `json:"id"`
	Tag      string `json:"tag"`
	Manifest string `json:"manifest"`
	Blob     string `json:"blob"`
	Size     int64  `json:"size"`
}

// Reply tells how far a blob is, or, once a request, how it ended.
type Reply struct {
	ID      int      `json:"id"`
	Bytes   int64    `json:"bytes,omitempty"`
	Done    bool     `json:"done,omitempty"`
	Digest  string   `json:"digest,omitempty"`
	Failure *Failure `json:"failure,omitempty"`
}
