#!/usr/bin/env bash
# Obtains the statements of MySQL's own test suite for `npm run test:corpus`: the .test and .inc files of the package
# mysql-testsuite, of which nothing is installed. No root is needed.
#
#   scripts/mysql-testsuite.sh [FOLDER]        default: .headgate/mysql-testsuite of this project
#
# FOLDER/versions is the stamp: it is there only when everything else is. The sources are those of servers.sh.
set -euo pipefail
export LC_ALL=C

recipe=1
space_mb=1500
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${1:-$project/.headgate/mysql-testsuite}
source "$project/scripts/packages.sh"

stamp_holds() { [[ -f $target/versions ]] && grep -qx "recipe $recipe" "$target/versions"; }

download() {
  say "headgate: reading the package lists …"
  run_apt 'reading the package lists' apt-get "${opts[@]}" update
  local name
  name=$(newest_package mysql-testsuite)
  say "headgate: downloading $name (about 350 MB) …"
  cd "$stage"
  run_apt "downloading $name" apt-get "${opts[@]}" download "$name"
}

unpack() {
  local package=("$stage"/mysql-testsuite*.deb)
  say "headgate: unpacking …"
  mkdir "$stage/files"
  dpkg-deb --fsys-tarfile "${package[0]}" | tar -x -C "$stage/files" --wildcards '*.test' '*.inc' ||
    fail "unpacking ${package[0]##*/} failed." "Make room (about $space_mb MB) and try again."
  {
    echo "recipe $recipe"
    echo "mysql-testsuite $(dpkg-deb -f "${package[0]}" Version)"
  } > "$stage/files/versions"
}

if stamp_holds; then exit 0; fi
examine_system
mkdir -p "$(dirname "$target")"
target=$(cd "$(dirname "$target")" && pwd)/$(basename "$target")
exec 9> "$target.lock"
flock 9
if stamp_holds; then exit 0; fi
check_space "$(dirname "$target")"
rm -rf "$target".new.* # left by a run that was killed; the lock says that none is at work
stage=$(mktemp -d "$target.new.XXXXXX")
trap 'rm -rf "$stage"' EXIT
trap 'exit 130' INT TERM HUP
configure_apt
download
unpack
rm -rf "$target"
mv -T "$stage/files" "$target"
say "headgate: the test suite's files are in $target"
