// Constellation-registry speaks the registries' protocol for the agent: it answers which digest a tag names, and
// brings manifests and blobs by digest into its working folder, going on where an earlier try was cut.
// Invariant: a file has its final name only once its bytes match that name. It gives up root's rights before it
// opens the first connection, and ends when its standard input does, leaving what is unfinished for the next one.
// It does not know images: which manifests and blobs are needed, the agent says.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
)

// requestBytes bounds a line of input: the settings may hold certificates.
const requestBytes = 4 << 20

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "constellation-registry: %v\n", err)
		os.Exit(1)
	}
}

// serve reads the settings, then a request a line; each is answered in its own time, until the input ends.
func serve(input io.Reader, output io.Writer) error {
	lines := bufio.NewScanner(input)
	lines.Buffer(nil, requestBytes)
	var settings Settings
	if !lines.Scan() {
		return fmt.Errorf("read settings: %w", orEnd(lines.Err()))
	}
	if err := json.Unmarshal(lines.Bytes(), &settings); err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	registry, err := openRegistry(settings)
	if err != nil {
		return err
	}
	if err := dropRights(settings.User); err != nil {
		return fmt.Errorf("give up rights: %w", err)
	}
	replies := &replies{output: output}
	slots := make(chan struct{}, settings.Limits.AtOnce)
	for lines.Scan() {
		var request Request
		if err := json.Unmarshal(lines.Bytes(), &request); err != nil {
			return fmt.Errorf("read request: %w", err)
		}
		go func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			replies.say(answer(registry, request, replies))
		}()
	}
	return lines.Err()
}

func answer(registry *Registry, request Request, replies *replies) Reply {
	reply := Reply{ID: request.ID}
	var err error
	switch {
	case request.Tag != "":
		reply.Digest, err = registry.locate(context.Background(), request.Tag)
	case request.Manifest != "":
		err = registry.bringManifest(context.Background(), request.Manifest)
	default:
		onBytes := func(bytes int64) { replies.say(Reply{ID: request.ID, Bytes: bytes}) }
		err = registry.bringBlob(context.Background(), request.Blob, request.Size, onBytes)
	}
	if err != nil {
		return Reply{ID: request.ID, Failure: describe(err)}
	}
	reply.Done = true
	return reply
}

type replies struct {
	lock   sync.Mutex
	output io.Writer
}

// say ends the program when nobody listens any more.
func (r *replies) say(reply Reply) {
	line, err := json.Marshal(reply)
	r.lock.Lock()
	defer r.lock.Unlock()
	if err == nil {
		_, err = r.output.Write(append(line, '\n'))
	}
	if err != nil {
		os.Exit(1)
	}
}

func orEnd(err error) error {
	if err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}
