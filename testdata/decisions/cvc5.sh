#!/bin/sh
# Records the answers of Debian's cvc5 (apt-get install cvc5) to the queries that internal/authz encodes as SMT-LIB.
# Usage: testdata/decisions/cvc5.sh [QUERIES]; needs go and cvc5.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
cd "$here/../../internal/authz"
go test -count=1 -run TestSolverVerdicts . -args -export-smt "$temp/queries.smt2" -smt "${1:-1500}" >"$temp/log" || true
{
  echo "# $(cvc5 --version | head -1 | cut -d' ' -f3-5), SHA-256 $(sha256sum "$temp/queries.smt2" | cut -d' ' -f1)"
  cvc5 --incremental --strings-exp --tlimit-per=5000 "$temp/queries.smt2" | sed 's/^sat$/s/; s/^unsat$/u/; s/^[^su].*$/?/; s/^..*.$/?/' | tr -d '\n' | sed 's/.\{100\}/&\n/g'
  echo
} >"$here/cvc5.txt"
