package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/klauspost/compress/zstd"
)

const (
	// headerLimit in bytes: `SHA256 COUNT`.
	headerLimit = 128
	// windowLimit bounds what unpacking may hold in memory.
	windowLimit = 32 << 20
	// lastHeader says that nothing was cut.
	lastHeader = "end"
)

type receiveAnswer struct {
	Digest string `json:"digest"`
	Folder string `json:"folder"`
	// Received counts files.
	Received int `json:"received"`
}

var errCut = errors.New("the transfer was cut")

// receive reads frames, `SHA256 COUNT\n` and COUNT bytes each: first the manifest as it is, then files as zstd, then
// `end\n`. Files that came whole stay, also when the transfer is cut later: the next one need not bring them again.
func receive(s store, input io.Reader) (*receiveAnswer, error) {
	stream := bufio.NewReaderSize(input, 1<<20)
	m, err := receiveManifest(stream)
	if err != nil {
		return nil, err
	}
	action := "receive kit " + m.digest[:12]
	if err := s.create(); err != nil {
		return nil, failed(action, err)
	}
	unlock, err := s.lock(syscall.LOCK_SH | syscall.LOCK_NB)
	if err != nil {
		return nil, failed(action, err)
	}
	defer unlock()
	draft, err := s.openDraft()
	if err != nil {
		return nil, failed(action, err)
	}
	defer draft.discard()
	count, err := s.receiveFiles(stream, m, draft.path)
	if err != nil {
		return nil, failed(action, err)
	}
	if lacking := s.lacks(m); len(lacking) > 0 {
		return nil, fmt.Errorf("%s: %d files are still missing; ask for them and send it again", action, len(lacking))
	}
	if err := errors.Join(s.makeDurable(m), s.place(m, draft.path)); err != nil {
		return nil, failed(action, err)
	}
	return &receiveAnswer{m.digest, s.path(m.digest), count}, nil
}

func receiveManifest(stream *bufio.Reader) (manifest, error) {
	digest, size, err := readHeader(stream)
	if err != nil || digest == lastHeader || size > manifestLimit {
		return manifest{}, errors.Join(errors.New("receive kit: no manifest came first"), err)
	}
	m, err := readManifest(io.LimitReader(stream, size))
	if err == nil && m.digest != digest {
		err = errors.New("receive kit: the manifest came changed; send it again")
	}
	return m, err
}

func (s store) receiveFiles(stream *bufio.Reader, m manifest, draft string) (int, error) {
	unpacker, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(windowLimit))
	if err != nil {
		return 0, err
	}
	defer unpacker.Close()
	wanted := m.byDigest()
	for count := 0; ; count++ {
		digest, size, err := readHeader(stream)
		if err != nil {
			return count, fmt.Errorf("after %d files: %w; send the rest again", count, err)
		}
		if digest == lastHeader {
			return count, nil
		}
		f, isWanted := wanted[digest]
		if !isWanted {
			return count, fmt.Errorf("file %s: the manifest does not name it", digest)
		}
		packed := &io.LimitedReader{R: stream, N: size}
		if err := s.receiveFile(f, packed, unpacker, draft); err != nil {
			return count, fmt.Errorf("file %s: %w; send it again", f.Path, err)
		}
		if packed.N > 0 {
			return count, fmt.Errorf("file %s: more bytes came than it has", f.Path)
		}
	}
}

func (s store) receiveFile(f file, packed io.Reader, unpacker *zstd.Decoder, draft string) error {
	if err := unpacker.Reset(packed); err != nil {
		return err
	}
	path := filepath.Join(draft, "file")
	if err := writeVerified(path, f, unpacker); err != nil {
		return errors.Join(err, os.RemoveAll(path))
	}
	return os.Rename(path, s.content(f))
}

func writeVerified(path string, f file, content io.Reader) error {
	target, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer target.Close()
	hash := sha256.New()
	// One byte more than it has: what is too long shows before it fills the disk.
	if _, err := io.Copy(io.MultiWriter(target, hash), io.LimitReader(content, f.Size+1)); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return errCut
		}
		return err
	}
	if hex.EncodeToString(hash.Sum(nil)) != f.Sha256 {
		return errors.New("its content is not what the manifest says")
	}
	return errors.Join(target.Chmod(f.mode()), target.Close())
}

func readHeader(stream *bufio.Reader) (digest string, size int64, err error) {
	var line strings.Builder
	for line.Len() < headerLimit {
		next, err := stream.ReadByte()
		if err != nil {
			return "", 0, errCut
		}
		if next != '\n' {
			line.WriteByte(next)
			continue
		}
		if line.String() == lastHeader {
			return lastHeader, 0, nil
		}
		digest, count, _ := strings.Cut(line.String(), " ")
		size, err := strconv.ParseInt(count, 10, 64)
		if err != nil || size < 0 || !digestPattern.MatchString(digest) {
			break
		}
		return digest, size, nil
	}
	return "", 0, errors.New("what came is no kit's stream")
}
