package main

import "github.com/anishathalye/porcupine"

// version is a document as a client saw it: its content, and the etag of the store's revision.
type version struct {
	Value string `json:"value"`
	Etag  string `json:"etag"`
}

// operation is one call of one client, and what it learnt of it. Times are nanoseconds of one clock.
type operation struct {
	Client int    `json:"client"`
	Key    string `json:"key"`
	// get, put or delete
	Kind string `json:"kind"`
	// The etag that a put or delete is bound to; a put without one creates.
	IfMatch string `json:"ifMatch,omitempty"`
	// What a put writes: no two write the same.
	Value string `json:"value,omitempty"`
	Call  int64  `json:"call"`
	// Absent where the client never learnt the outcome: it may take effect at any time after the call, or never.
	Return int64 `json:"return,omitempty"`
	// done, refused or unknown
	Outcome string `json:"outcome"`
	// What a get found, or a put made; absent where a get found nothing.
	Found *version `json:"found,omitempty"`
}

// document is the state of one key. An empty etag is one that no client has been told yet.
type document struct {
	exists bool
	owner  int
	version
}

// model says what a single, faultless server would answer.
var model = porcupine.Model{
	Init: func() any { return document{} },
	Step: func(state, input, _ any) (bool, any) { return step(state.(document), input.(operation)) },
}

func step(now document, call operation) (bool, any) {
	switch call.Kind {
	case "get":
		return get(now, call)
	case "put":
		// Whoever created a document may create it again: an engine that was killed after its create does.
		creates := call.IfMatch == "" && (!now.exists || now.owner == call.Client)
		next := document{exists: true, owner: call.Client, version: version{Value: call.Value}}
		if call.Found != nil {
			next.Etag = call.Found.Etag
		}
		return change(now, next, creates || matches(now, call), call.Outcome)
	default:
		if !now.exists {
			return call.Outcome != "refused", now
		}
		return change(now, document{}, call.IfMatch == "" || matches(now, call), call.Outcome)
	}
}

// matches is false for an etag that nobody was told: no client can have named it.
func matches(now document, call operation) bool {
	return now.exists && call.IfMatch != "" && now.Etag == call.IfMatch
}

func get(now document, call operation) (bool, any) {
	if call.Found == nil {
		return !now.exists, now
	}
	if !now.exists || now.Value != call.Found.Value || (now.Etag != "" && now.Etag != call.Found.Etag) {
		return false, now
	}
	now.Etag = call.Found.Etag
	return true, now
}

func change(now, next document, applies bool, outcome string) (bool, any) {
	switch {
	case outcome == "refused":
		return !applies, now
	case applies:
		return true, next
	default:
		return outcome == "unknown", now
	}
}
