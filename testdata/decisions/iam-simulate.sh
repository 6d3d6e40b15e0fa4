#!/bin/sh
# Records the verdicts of @cloud-copilot/iam-simulate 0.1.173 on the lines that the generator of internal/authz makes.
# Usage: testdata/decisions/iam-simulate.sh [LINES]; needs go, node and npm, and the network for npm.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
cd "$here/../../internal/authz"
go test -count=1 -run TestSimulatorVerdicts . -args -export-lines "$temp/lines.jsonl" -lines "${1:-25000}" >"$temp/log" || true
cd "$temp"
npm install --silent --no-audit --no-fund @cloud-copilot/iam-simulate@0.1.173
{
  echo "# @cloud-copilot/iam-simulate 0.1.173 on $(wc -l <lines.jsonl) lines, SHA-256 $(sha256sum lines.jsonl | cut -d' ' -f1)"
  node "$here/iam-simulate.mjs" <lines.jsonl
} >"$here/iam-simulate.txt"
