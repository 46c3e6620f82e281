#!/bin/sh
# Format, vet and unit tests of our own Go code.
set -eu
cd "$(dirname "$0")/../.."

unformatted=$(gofmt -l agent/guard test/security tools/go)
if [ -n "$unformatted" ]; then
  echo "not formatted: $unformatted"
  exit 1
fi
(cd agent/guard && go vet ./... && go test ./...)
(cd test/security/attacker && go vet ./...)
