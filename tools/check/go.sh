#!/bin/sh
# Format, vet and unit tests of our own Go code.
set -eu
cd "$(dirname "$0")/../.."

unformatted=$(gofmt -l agent/guard agent/receiver agent/registry tools/go)
if [ -n "$unformatted" ]; then
  echo "not formatted: $unformatted"
  exit 1
fi
for module in agent/guard agent/receiver agent/registry; do
  (cd "$module" && go vet ./... && go test ./...)
done
