#!/bin/sh
# Writes .env beside docker-compose.yml, with new secrets. Never over an existing one: its master key may be in use.
set -eu
cd "$(dirname "$0")/.."
umask 077
if [ -e .env ]; then
  echo ".env exists already; its secrets may be in use. Remove it yourself if they are not." >&2
  exit 1
fi
secret() {
  od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n'
}
while IFS= read -r line; do
  case "$line" in
    *=) echo "$line$(secret)" ;;
    *) echo "$line" ;;
  esac
done < deploy/.env.example > .env.new
# Complete or not there at all.
mv .env.new .env
echo "Wrote .env. Keep a copy of TANBA_MASTER_KEY away from this machine."
