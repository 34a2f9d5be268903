#!/usr/bin/env bash
# Installs the clients that `npm run clients` and test/clients/matrix.test.ts play with into .headgate/clients: from npm, PyPI,
# the Go module proxy, Maven Central and Debian. Nothing goes into the system, no root is needed.
#
#   scripts/clients.sh [PART…]        npm, pypi, go, java, debian; all of them unless told
#
# A part whose tools are missing is left out with a line that says so, and the tests say which clients they miss.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
programs=$PWD/test/clients/matrix/programs
clients=$PWD/.headgate/clients
mkdir -p "$clients"

say() { printf '%s\n' "$*" >&2; }
missing() { say "headgate: clients of $1 are left out: $2"; }

# FOLDER FILES…: whether FOLDER was made from these very FILES.
holds() { local folder=$1; shift; [[ -f $folder/stamp ]] && cmp -s "$folder/stamp" <(cat "$@"); }

install_npm() {
  local from=("$programs/package.json" "$programs/package-lock.json")
  holds "$clients/npm" "${from[@]}" && return
  command -v npm > /dev/null || { missing npm 'there is no npm'; return; }
  mkdir -p "$clients/npm"
  cp "${from[@]}" "$clients/npm"
  say 'headgate: installing clients from npm …'
  (cd "$clients/npm" && npm ci --no-audit --no-fund --loglevel=error > /dev/null) || { missing npm 'npm ci failed'; return; }
  cat "${from[@]}" > "$clients/npm/stamp"
}

# FOLDER REQUIREMENTS OPTIONS…
pip_install() {
  local folder=$1 requirements=$2
  shift 2
  holds "$folder" "$requirements" && return
  rm -rf "$folder"
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --only-binary :all: --target "$folder" "$@" -r "$requirements" &&
    cat "$requirements" > "$folder/stamp"
}

install_pypi() {
  python3 -m pip --version > /dev/null 2>&1 || { missing PyPI 'there is no python3 with pip'; return; }
  say 'headgate: installing clients from PyPI …'
  pip_install "$clients/pypi" "$programs/python/requirements.txt" || missing PyPI 'pip install failed'
  # The C extension wants a newer OpenSSL than many systems have: it is for the Python that was unpacked.
  local version
  version=$("$clients/debian/bin/python3" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2> /dev/null) || return 0
  pip_install "$clients/pypi-debian" "$programs/python/requirements-debian.txt" \
    --python-version "$version" --platform "manylinux_2_28_$(uname -m)" --platform "manylinux_2_17_$(uname -m)" ||
    missing PyPI 'there is no package for the Python of Debian'
}

install_go() {
  local from=("$programs"/go/go.mod "$programs"/go/go.sum "$programs"/go/*.go)
  holds "$clients/go" "${from[@]}" && return
  command -v go > /dev/null || { missing Go 'there is no go'; return; }
  say 'headgate: building the client in Go …'
  mkdir -p "$clients/go"
  (cd "$programs/go" && GOPATH=$clients/go/path GOFLAGS='-mod=readonly -modcacherw' GOTOOLCHAIN=local go build -o "$clients/go/client" .) ||
    { missing Go 'go build failed'; return; }
  cat "${from[@]}" > "$clients/go/stamp"
}

install_java() {
  local from=("$programs"/java/pom.xml "$programs"/java/*.java)
  holds "$clients/java" "${from[@]}" && return
  command -v mvn javac > /dev/null || { missing Java 'there is no javac or no mvn'; return; }
  say 'headgate: building the clients in Java …'
  mkdir -p "$clients/java/classes"
  rm -rf "$clients/java/jars"
  mvn -B -q -f "$programs/java/pom.xml" -Dmaven.repo.local="$clients/java/repository" \
    dependency:copy-dependencies -DoutputDirectory="$clients/java/jars" || { missing Java 'mvn failed'; return; }
  javac -d "$clients/java/classes" -cp "$clients/java/jars/*" "$programs"/java/*.java || { missing Java 'javac failed'; return; }
  cat "${from[@]}" > "$clients/java/stamp"
}

install_debian() { bash scripts/clients-debian.sh || missing Debian 'its packages could not be had'; }

parts=("$@")
[[ $# -gt 0 ]] || parts=(npm debian pypi go java)
for part in "${parts[@]}"; do
  case $part in
    npm | pypi | go | java | debian) "install_$part" ;;
    *) say "headgate: no such part: $part"; exit 2 ;;
  esac
done
exit 0
