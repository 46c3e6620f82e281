// Command check-history says whether a history of calls on documents is linearizable: whether the answers are those
// that a single, faultless server could have given, each call at some moment between its start and its answer.
//
// It reads an operation a line from stdin, as JSON, and prints a verdict as JSON.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

const (
	// longestCheck bounds the search for an order, of each key.
	longestCheck = 20 * time.Second
	// shownBefore is how many operations are shown of the longest order found, its last ones.
	shownBefore = 5
)

// verdict is linearizable, illegal, or unknown where the search took too long. The rest is of the first key that is
// not linearizable: the end of the longest order that explains a part of its operations, and those of which none can be next.
type verdict struct {
	Verdict    string      `json:"verdict"`
	Operations int         `json:"operations"`
	Key        string      `json:"key,omitempty"`
	Before     []operation `json:"before,omitempty"`
	Stuck      []operation `json:"stuck,omitempty"`
}

func main() {
	history, err := read(os.Stdin)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(check(history))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "check-history:", err)
		os.Exit(1)
	}
}

func read(from io.Reader) ([]operation, error) {
	var history []operation
	decoder := json.NewDecoder(bufio.NewReader(from))
	decoder.DisallowUnknownFields()
	for {
		var one operation
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return history, nil
		} else if err != nil {
			return nil, fmt.Errorf("read operation %d: %w", len(history)+1, err)
		}
		history = append(history, one)
	}
}

func check(history []operation) verdict {
	byKey := map[string][]porcupine.Operation{}
	var keys []string
	for _, one := range history {
		if _, known := byKey[one.Key]; !known {
			keys = append(keys, one.Key)
		}
		byKey[one.Key] = append(byKey[one.Key], timed(one))
	}
	for _, key := range keys {
		result, info := porcupine.CheckOperationsVerbose(model, byKey[key], longestCheck)
		if result == porcupine.Ok {
			continue
		}
		found := verdict{Verdict: "illegal", Operations: len(history), Key: key}
		if result == porcupine.Unknown {
			found.Verdict = "unknown"
		}
		found.Before, found.Stuck = explain(byKey[key], info)
		return found
	}
	return verdict{Verdict: "linearizable", Operations: len(history)}
}

func timed(one operation) porcupine.Operation {
	end := one.Return
	if end == 0 {
		end = math.MaxInt64
	}
	return porcupine.Operation{ClientId: one.Client, Input: one, Call: one.Call, Return: end}
}

// explain finds where the longest order ends: of what is left, only calls that began before all others had ended can be next.
func explain(all []porcupine.Operation, info porcupine.LinearizationInfo) (before, stuck []operation) {
	var longest []int
	for _, one := range info.PartialLinearizations()[0] {
		if len(one) > len(longest) {
			longest = one
		}
	}
	ordered := map[int]bool{}
	for _, index := range longest {
		ordered[index] = true
	}
	firstEnd := int64(math.MaxInt64)
	for index, one := range all {
		if !ordered[index] {
			firstEnd = min(firstEnd, one.Return)
		}
	}
	for index, one := range all {
		if !ordered[index] && one.Call <= firstEnd {
			stuck = append(stuck, one.Input.(operation))
		}
	}
	for _, index := range longest[max(0, len(longest)-shownBefore):] {
		before = append(before, all[index].Input.(operation))
	}
	slices.SortFunc(stuck, func(a, b operation) int { return int(a.Call - b.Call) })
	return before, stuck
}
