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

source "$project/scripts/packages.sh"

stamp_holds() {
  [[ -f $target/versions ]] && grep -qx "recipe $recipe" "$target/versions" || return 1
  local program
  for program in "${programs[@]}"; do [[ -x $target/bin/$program ]] || return 1; done
}

# --- packages -------------------------------------------------------------------------------------------------------

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
