// Constellation-receiver puts a kit on a host that has nothing but a kernel and a shell: it is the first thing sent
// there, says which files of a kit are missing, and receives those on its standard input.
// Invariant: a name in the root folder stands for whole and verified content, whatever was cut, corrupted or repeated;
// nothing is visible before that. It trusts whoever starts it, asks nobody, and starts nothing.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// defaultRoot is the only place where a kit's programs run: they name their loader below it. provider/kit knows it.
const defaultRoot = "/opt/constellation/kit"

// memoryTarget: small hosts receive kits too, and what is read in a row need not stay.
const memoryTarget = 64 << 20

const usage = `usage:
  constellation-receiver check SHA256              whether this program is the whole one
  constellation-receiver missing [--root DIR]      manifest on stdin; says which of its files are not here
  constellation-receiver receive [--root DIR]      manifest and files on stdin; puts the kit in its place
  constellation-receiver keep [--root DIR] DIGEST...   removes all other kits
`

var errUsage = errors.New("no such command")

func main() {
	debug.SetMemoryLimit(memoryTarget)
	answer, err := perform(os.Args[1:], os.Stdin)
	if err != nil {
		fmt.Fprintf(os.Stderr, "constellation-receiver: %v\n", err)
		if errors.Is(err, errUsage) {
			fmt.Fprint(os.Stderr, usage)
			os.Exit(2)
		}
		os.Exit(1)
	}
	if answer != nil {
		json.NewEncoder(os.Stdout).Encode(answer)
	}
}

// perform returns what is said on stdout, as one line of JSON; nil is nothing.
func perform(arguments []string, input io.Reader) (any, error) {
	if len(arguments) == 0 {
		return nil, errUsage
	}
	command, rest := arguments[0], arguments[1:]
	root := defaultRoot
	if len(rest) >= 2 && rest[0] == "--root" {
		root, rest = rest[1], rest[2:]
	}
	switch {
	case command == "check" && len(rest) == 1:
		return nil, checkSelf(rest[0])
	case command == "missing" && len(rest) == 0:
		return missing(store{root}, input)
	case command == "receive" && len(rest) == 0:
		return receive(store{root}, input)
	case command == "keep" && len(rest) > 0:
		return nil, keep(store{root}, rest)
	}
	return nil, errUsage
}

// checkSelf tells a program that was cut on its way here.
func checkSelf(wanted string) error {
	found, err := digestOf("/proc/self/exe")
	if err == nil && found != wanted {
		err = errors.New("it was cut or changed on its way; send it again")
	}
	if err != nil {
		return fmt.Errorf("check receiver: %w", err)
	}
	return nil
}
