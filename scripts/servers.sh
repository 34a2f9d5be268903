#!/usr/bin/env bash
# Obtains the real servers that `headgate local` and the tests run: MySQL (mysqld, mysql, mysqladmin, mysqldump), etcd,
# etcdctl, HAProxy and sysbench. They are unpacked into one folder together with the C library that they were built
# against; nothing is installed into the system and no root is needed.
#
#   scripts/servers.sh [FOLDER]        default: .headgate/servers of this project
#
# Debian: stable has no MySQL, so the packages come from unstable of the mirror that apt is configured with. Tried on
# Debian 12, amd64.
# Ubuntu: its own release has MySQL, so its own package sources serve as they are. This way follows the same steps but
# could not be tried on a real Ubuntu when it was written.
# arm64: paths follow the packages' own layout (the loader is looked up, not assumed).
#
# FOLDER/versions is the stamp: it is written last, before the finished folder is moved into place, and makes a second
# run instant. FOLDER/bin holds wrappers that find the rest relative to themselves, so the folder may be moved.
set -euo pipefail
export LC_ALL=C

recipe=1
space_mb=1200
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${1:-$project/.headgate/servers}
programs=(mysqld mysql mysqladmin mysqldump etcd etcdctl haproxy sysbench)

say() { printf '%s\n' "$*" >&2; }
fail() { # REASON [ADVICE]
  say "headgate: $1"
  say "  ${2:-Put mysqld (8.4 or newer), mysql and etcd (3.5 or newer) on PATH, or run everything in containers: docker compose up}"
  exit 1
}

stamp_holds() {
  [[ -f $target/versions ]] && grep -qx "recipe $recipe" "$target/versions" || return 1
  local program
  for program in "${programs[@]}"; do [[ -x $target/bin/$program ]] || return 1; done
}

# --- what this machine is -------------------------------------------------------------------------------------------

examine_system() {
  [[ $(uname -s) == Linux ]] || fail "the servers can be unpacked on Linux only; this is $(uname -s)."
  local tool
  for tool in apt-get apt-cache dpkg dpkg-deb flock; do
    command -v "$tool" > /dev/null || fail "this system has no $tool; the servers come as Debian or Ubuntu packages."
  done
  arch=$(dpkg --print-architecture)
  case $arch in
    amd64) triplet=x86_64-linux-gnu ;;
    arm64) triplet=aarch64-linux-gnu ;;
    *) fail "there are MySQL packages for amd64 and arm64 only; this machine is $arch." ;;
  esac
  local about
  about=" $(. /etc/os-release 2> /dev/null && printf '%s %s' "${ID:-}" "${ID_LIKE:-}") "
  case $about in
    *' ubuntu '*) system=ubuntu ;;
    *' debian '*) system=debian ;;
    *) fail "this system ($(. /etc/os-release 2> /dev/null && printf '%s' "${PRETTY_NAME:-unknown}")) is neither Debian nor Ubuntu." ;;
  esac
}

check_space() { # FOLDER
  local free_mb
  free_mb=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
  ((free_mb >= space_mb)) || fail "unpacking the servers needs $space_mb MB in $1, and $free_mb MB are free." \
    "Make room there, or keep the project on another file system."
}

# --- packages -------------------------------------------------------------------------------------------------------

# The mirror from apt's own configuration, whatever it is called; the security archive has no unstable suite. Asked what
# it would fetch, apt answers from its sources alone: on a machine where "apt-get update" never ran it knows no more.
debian_mirror() {
  apt-get update --print-uris 2> /dev/null | sed -n "s|^'\(.*\)/dists/.*|\1|p" | grep -v security | head -1
}

configure_apt() {
  apt=$stage/apt
  mkdir -p "$apt"/{lists,cache/archives}/partial
  : > "$apt/status" # an empty status file: nothing counts as installed, so every library comes along
  opts=(-q -o Dir::State::lists="$apt/lists" -o Dir::State::status="$apt/status" -o Dir::State="$apt" -o Dir::Cache="$apt/cache"
    -o Debug::NoLocking=1 -o APT::Sandbox::User="" -o APT::Install-Recommends=false -o Acquire::Retries=3
    -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false
    -o APT::Update::Error-Mode=any -o Binary::apt-get::APT::Keep-Downloaded-Packages=true
    -o APT::Update::Post-Invoke::= -o APT::Update::Post-Invoke-Success::= -o DPkg::Post-Invoke::=)
  [[ $system == debian ]] || return 0
  local mirror keyring
  mirror=$(debian_mirror)
  [[ -n $mirror ]] || fail "apt has no package source configured." "Add a Debian mirror to /etc/apt/sources.list, or run: docker compose up"
  keyring=$(find /usr/share/keyrings -name 'debian-archive-keyring.*' 2> /dev/null | sort | head -1)
  [[ -n $keyring ]] || fail "the package debian-archive-keyring is not installed." "Run as root: apt-get install debian-archive-keyring"
  echo "deb [signed-by=$keyring] $mirror sid main" > "$apt/sources.list"
  opts+=(-o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null)
}

run_apt() { # WHAT apt-get arguments…: on failure its last lines are shown
  local what=$1
  shift
  if ! "$@" > "$stage/apt.log" 2>&1; then
    tail -n 6 "$stage/apt.log" | sed 's/^/  /' >&2
    if grep -qi 'no space left\|enough free space' "$stage/apt.log"; then
      fail "$what failed: the disk is full." "Make room (about $space_mb MB) and try again."
    fi
    fail "$what failed; is there a network, and does \"apt-get update\" work?" \
      "Try again when the mirror can be reached, or run everything in containers: docker compose up"
  fi
}

# The plain name, or the newest of the names with a version (Ubuntu: mysql-server-core-8.0).
newest_package() {
  local found
  found=$(apt-cache "${opts[@]}" pkgnames "$1" | grep -E "^$1(-[0-9.]+)?\$" | sort -V)
  [[ -n $found ]] || fail "the package sources of this system have no $1."
  if grep -qx "$1" <<< "$found"; then echo "$1"; else tail -1 <<< "$found"; fi
}

download() {
  say "headgate: reading the package lists …"
  run_apt 'reading the package lists' apt-get "${opts[@]}" update
  local packages=() name
  for name in mysql-server-core mysql-client-core mysql-client; do packages+=("$(newest_package "$name")"); done
  # Older Ubuntu releases have one etcd package with all programs.
  if apt-cache "${opts[@]}" pkgnames etcd-server | grep -qx etcd-server; then packages+=(etcd-server etcd-client); else packages+=(etcd); fi
  packages+=(haproxy sysbench)
  say "headgate: downloading MySQL, etcd, HAProxy and sysbench ($system $arch, about 120 MB) …"
  run_apt 'downloading the packages' apt-get "${opts[@]}" install -y --download-only "${packages[@]}"
}

# --- unpacking ------------------------------------------------------------------------------------------------------

unpack() {
  say "headgate: unpacking …"
  root=$stage/servers/root
  mkdir -p "$root" "$stage/servers/bin"
  local package
  for package in "$apt"/cache/archives/*.deb; do
    dpkg-deb -x "$package" "$root" || fail "unpacking ${package##*/} failed." "Make room (about $space_mb MB) and try again."
  done
  rm -rf "$apt" "$root"/usr/share/{doc,man,info,locale,perl,perl5,lintian,bash-completion,zsh,icons,pixmaps} "$root"/{boot,dev,proc,run,sys,tmp}
}

# Where a package put the loader differs: /lib, /lib64 or below the multiarch folder, merged into /usr or not.
find_loader() {
  local name
  case $arch in amd64) name=ld-linux-x86-64.so.2 ;; arm64) name=ld-linux-aarch64.so.1 ;; esac
  # Only a regular file counts: a link may be absolute and then leads out of the folder.
  find "$root" -name "$name" -type f | sort | head -1
}

wrap() { # PROGRAM ARGUMENTS…: bin/<name> runs it with the loader and the libraries that lie beside it
  local file='' name=$1 place
  shift
  for place in usr/sbin usr/bin sbin bin; do
    if [[ -x $root/$place/$name ]]; then file=$place/$name && break; fi
  done
  [[ -n $file ]] || fail "the packages hold no $name."
  cat > "$stage/servers/bin/$name" << WRAPPER
#!/bin/sh
r=\${0%/*}/../root
exec "\$r/${loader#"$root/"}" --library-path "\$r/usr/lib/$triplet:\$r/lib/$triplet:\$r/usr/lib/mysql/private" "\$r/$file" $* "\$@"
WRAPPER
  chmod +x "$stage/servers/bin/$name"
}

wrap_all() {
  loader=$(find_loader)
  [[ -n $loader ]] || fail "the unpacked C library has no loader for $arch."
  wrap mysqld --no-defaults '--basedir="$r/usr"' '--lc-messages-dir="$r/usr/share/mysql"' \
    '--character-sets-dir="$r/usr/share/mysql/charsets"' '--plugin-dir="$r/usr/lib/mysql/plugin"' --secure-file-priv=NULL
  local program
  for program in mysql mysqladmin mysqldump etcd etcdctl haproxy; do wrap "$program"; done
  # Its scripts (oltp_read_write, …) are looked up in a compiled-in folder that does not exist here.
  wrap sysbench
  sed -i '2a LUA_PATH="$r/usr/share/sysbench/?.lua;${LUA_PATH:-;}" && export LUA_PATH' "$stage/servers/bin/sysbench"
}

version_of() { # PROGRAM ARGUMENTS…: the first x.y.z that it prints
  local output
  output=$("$stage/servers/bin/$1" "${@:2}" 2>&1) || { say "$output"; fail "the unpacked $1 does not run."; }
  grep -oE '[0-9]+\.[0-9]+\.[0-9]+' <<< "$output" | head -1
}

at_least() { [[ $(printf '%s\n%s\n' "$1" "$2" | sort -V | head -1) == "$1" ]]; }

record_versions() {
  local mysqld etcd
  mysqld=$(version_of mysqld --version)
  etcd=$(version_of etcd --version)
  # An Ubuntu release may hold MySQL 8.0 and etcd 3.4: both have everything that a local cluster uses.
  at_least 8.0.26 "$mysqld" || fail "the packages hold MySQL $mysqld; 8.0.26 or newer is needed."
  at_least 3.4.0 "$etcd" || fail "the packages hold etcd $etcd; 3.4 or newer is needed."
  {
    echo "recipe $recipe"
    echo "system $system $arch"
    echo "mysqld $mysqld"
    echo "mysql $(version_of mysql --version)"
    echo "etcd $etcd"
    echo "haproxy $(version_of haproxy -v)"
    echo "sysbench $(version_of sysbench --version)"
  } > "$stage/servers/versions"
}

# --- the run --------------------------------------------------------------------------------------------------------

if stamp_holds; then
  say "headgate: servers are in $target ($(awk '/^(mysqld|etcd) / { printf "%s%s", sep, $0; sep = ", " }' "$target/versions"))"
  exit 0
fi
examine_system
mkdir -p "$(dirname "$target")" || fail "cannot create $(dirname "$target")." "Check the rights of the project folder."
target=$(cd "$(dirname "$target")" && pwd)/$(basename "$target")

# One run at a time; whoever waited finds the work done.
exec 9> "$target.lock"
flock -n 9 || { say "headgate: another run is obtaining the servers, waiting for it …"; flock 9; }
if stamp_holds; then exit 0; fi

check_space "$(dirname "$target")"
rm -rf "$target".new.* # left by a run that was killed; the lock says that none is at work
stage=$(mktemp -d "$target.new.XXXXXX")
trap 'rm -rf "$stage"' EXIT
trap 'exit 130' INT TERM HUP
configure_apt
download
unpack
wrap_all
record_versions
if [[ -e $target ]]; then mv -T "$target" "$stage/old"; fi
mv -T "$stage/servers" "$target"
say "headgate: servers are in $target ($(awk '/^(mysqld|etcd) / { printf "%s%s", sep, $0; sep = ", " }' "$target/versions"))"
