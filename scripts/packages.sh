# What servers.sh and mysql-testsuite.sh share, to be sourced: packages of Debian or Ubuntu without root and without
# touching the system. Whoever sources this sets `stage` (a folder of its own) and `space_mb` before the calls.

say() { printf '%s\n' "$*" >&2; }
fail() { # REASON [ADVICE]
  say "headgate: $1"
  say "  ${2:-Put mysqld (8.4 or newer), mysql and etcd (3.5 or newer) on PATH, or run everything in containers: docker compose up}"
  exit 1
}

# --- what this machine is -------------------------------------------------------------------------------------------

examine_system() {
  [[ $(uname -s) == Linux ]] || fail "packages can be unpacked on Linux only; this is $(uname -s)."
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
  ((free_mb >= space_mb)) || fail "unpacking needs $space_mb MB in $1, and $free_mb MB are free." \
    "Make room there, or keep the project on another file system."
}

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
