package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"syscall"
	"time"
)

const (
	progressEvery = 100 * time.Millisecond
	copyBytes     = 256 << 10
)

// download is one blob on its way to the disk.
type download struct {
	digest  string
	size    int64
	file    *os.File
	hash    hash.Hash
	have    int64
	onBytes func(int64)
	said    time.Time
}

// bringBlob goes on with what an earlier try left. Where that spoils the digest, it starts once more from nothing:
// the source that sends the whole is the one to blame.
func (r *Registry) bringBlob(ctx context.Context, digest string, size int64, onBytes func(int64)) error {
	if !digestPattern.MatchString(digest) {
		return fmt.Errorf("%q is not a digest", digest)
	}
	return r.fromAny(ctx, func(source *Source) error {
		started, err := r.download(ctx, source, &download{digest: digest, size: size, onBytes: onBytes})
		var failure *Failure
		if started > 0 && errors.As(err, &failure) && failure.Kind == invalid {
			os.Remove(partialName(digest))
			_, err = r.download(ctx, source, &download{digest: digest, size: size, onBytes: onBytes})
		}
		return err
	})
}

// download also tells how much was there at the start.
func (r *Registry) download(ctx context.Context, source *Source, d *download) (started int64, err error) {
	if d.file, err = openPartial(d.digest); err != nil {
		return 0, err
	}
	defer d.file.Close()
	if err := d.adopt(); err != nil {
		return 0, err
	}
	started = d.have
	d.onBytes(d.have)
	if err := r.fill(ctx, source, d); err != nil {
		return started, err
	}
	if got := "sha256:" + hex.EncodeToString(d.hash.Sum(nil)); got != d.digest {
		os.Remove(partialName(d.digest))
		return started, mismatch(source, d.digest, got)
	}
	return started, finish(d.file, d.digest)
}

// openPartial waits for another process at the same file: one of an agent that was killed is about to end.
func openPartial(digest string) (*os.File, error) {
	file, err := os.OpenFile(partialName(digest), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// adopt takes over what is in the file.
func (d *download) adopt() (err error) {
	d.hash = sha256.New()
	if d.have, err = io.Copy(d.hash, d.file); err == nil && d.have > d.size {
		err = d.restart()
	}
	return err
}

func (d *download) restart() error {
	d.hash.Reset()
	d.have = 0
	if _, err := d.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return d.file.Truncate(0)
}

// fill asks for what is missing, again after each cut. Tries that bring nothing are counted apart from those that do.
func (r *Registry) fill(ctx context.Context, source *Source, d *download) error {
	fruitless := 0
	waits := retrying{limits: r.limits}
	for cuts := 0; d.have < d.size; cuts++ {
		before := d.have
		err := r.fillOnce(ctx, source, d)
		if err == nil {
			continue
		}
		var cut *cutError
		if !errors.As(err, &cut) {
			return err
		}
		if fruitless++; d.have > before {
			fruitless = 1
		}
		if fruitless >= r.limits.Tries || cuts >= r.limits.Cuts {
			return failed(unreachable, "%s: cut off after %d of %d bytes of %s: %v", source.host, d.have, d.size, d.digest, cut.cause)
		}
		time.Sleep(waits.pause(fruitless))
	}
	return nil
}

// cutError is an answer that broke off.
type cutError struct{ cause error }

func (c *cutError) Error() string { return c.cause.Error() }

func (r *Registry) fillOnce(ctx context.Context, source *Source, d *download) error {
	header := http.Header{"Range": {fmt.Sprintf("bytes=%d-", d.have)}}
	response, err := source.ask(ctx, http.MethodGet, "blobs", d.digest, header)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	start, total, err := rangeOf(response)
	if err != nil {
		return failed(invalid, "%s: %v", source.host, err)
	}
	if total >= 0 && total != d.size {
		os.Remove(partialName(d.digest))
		return failed(invalid, "%s: has %d bytes for %s, its manifest says %d", source.host, total, d.digest, d.size)
	}
	if start != d.have {
		if start != 0 {
			return failed(invalid, "%s: asked for bytes from %d, sent those from %d", source.host, d.have, start)
		}
		if err := d.restart(); err != nil {
			return err
		}
	}
	return d.take(source, response.Body)
}

// rangeOf reads where an answer starts and how long the whole is, -1 where it does not say. A server that does not
// know ranges sends the whole.
func rangeOf(response *http.Response) (start, total int64, err error) {
	if response.StatusCode != http.StatusPartialContent {
		return 0, response.ContentLength, nil
	}
	text := response.Header.Get("Content-Range")
	var end int64
	if _, err := fmt.Sscanf(text, "bytes %d-%d/%d", &start, &end, &total); err == nil {
		return start, total, nil
	}
	if _, err := fmt.Sscanf(text, "bytes %d-%d/*", &start, &end); err == nil {
		return start, -1, nil
	}
	return 0, 0, fmt.Errorf("sent a part with Content-Range %.60q", text)
}

func (d *download) take(source *Source, body io.Reader) error {
	buffer := make([]byte, copyBytes)
	for {
		count, err := body.Read(buffer)
		if d.have+int64(count) > d.size {
			os.Remove(partialName(d.digest))
			return failed(invalid, "%s: sent more than the %d bytes of %s", source.host, d.size, d.digest)
		}
		if _, err := d.file.Write(buffer[:count]); err != nil {
			return err
		}
		d.hash.Write(buffer[:count])
		d.have += int64(count)
		d.tell()
		switch {
		case err == io.EOF && d.have == d.size:
			return nil
		case err == io.EOF:
			return &cutError{io.ErrUnexpectedEOF}
		case err != nil:
			return &cutError{err}
		}
	}
}

func (d *download) tell() {
	if time.Since(d.said) < progressEvery && d.have < d.size {
		return
	}
	d.said = time.Now()
	d.onBytes(d.have)
}
