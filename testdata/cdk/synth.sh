#!/bin/sh
# Makes the output of the apps again: ./synth.sh [FOLDER], by default the folder "out" beside this script.
# CDK_LIB, CDK_CLI and CONSTRUCTS choose other versions than those of app/package.json.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/out}
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
work=$(cd "$work" && pwd -P)
cp -R "$here/app/." "$work"
cd "$work"
npm ci --no-audit --no-fund --silent
if [ -n "${CDK_LIB:-}${CDK_CLI:-}${CONSTRUCTS:-}" ]; then
  npm install --no-audit --no-fund --silent ${CDK_LIB:+"aws-cdk-lib@$CDK_LIB"} ${CONSTRUCTS:+"constructs@$CONSTRUCTS"} ${CDK_CLI:+"aws-cdk@$CDK_CLI"}
fi
export CDK_DISABLE_CLI_TELEMETRY=true
npx --no-install cdk synth --quiet --no-notices --app 'npx --no-install tsx keys.ts' --output "$work/new/keys"
npx --no-install cdk synth --quiet --no-notices --debug --app 'npx --no-install tsx keys.ts' --output "$work/new/debug"
OUT="$work/new/plain" node plain.js
# What nothing reads, or what differs from run to run, is left out; the folder of this machine becomes /app.
find new -name validation-report.json -delete
find new -name cdk.out -delete
find new -type f -exec sed -i.bak "s#$work#/app#g" {} +
find new -name '*.bak' -delete
for app in keys debug plain; do
  rm -rf "${out:?}/$app"
  mv "new/$app" "$out/$app"
done
