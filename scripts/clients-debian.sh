#!/usr/bin/env bash
# Obtains the client programs and libraries that test/clients plays with, as far as Debian or Ubuntu package them:
# Python, PHP, Ruby, Perl, C and Go with their MySQL drivers, the mariadb programs, SQLAlchemy and Django. They are unpacked
# into one folder together with the C library that they were built against; nothing is installed, no root is needed.
#
#   scripts/clients-debian.sh [FOLDER]        default: .headgate/clients/debian of this project
#
# The sources are those of servers.sh. A package that the sources lack is left out, and the tests say which clients they
# miss. FOLDER/versions is the stamp: it is written last, before the finished folder is moved into place.
set -euo pipefail
export LC_ALL=C

recipe=1
space_mb=1500
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${1:-$project/.headgate/clients/debian}
source "$project/scripts/packages.sh"

packages=(
  python3 python3-pymysql python3-mysqldb python3-mysql.connector python3-aiomysql python3-asyncmy
  python3-cryptography python3-django python3-sqlalchemy alembic
  php-cli php-mysql ruby ruby-mysql2 perl libdbd-mysql-perl libdbd-mariadb-perl
  tcc libc6-dev libmysqlclient-dev mariadb-client-core mariadb-client golang-go golang-github-go-sql-driver-mysql-dev
)
# Only headers: the package cannot be installed beside libmysqlclient-dev.
headers=libmariadb-dev

stamp_holds() { [[ -f $target/versions ]] && grep -qx "recipe $recipe" "$target/versions"; }

download() {
  say "headgate: reading the package lists …"
  run_apt 'reading the package lists' apt-get "${opts[@]}" update
  local known wanted=() name
  known=$(apt-cache "${opts[@]}" pkgnames)
  for name in "${packages[@]}"; do
    if grep -qxF "$name" <<< "$known"; then wanted+=("$name"); else say "headgate: this system has no package $name"; fi
  done
  say "headgate: downloading clients of MySQL (about 120 MB) …"
  run_apt 'downloading the packages' apt-get "${opts[@]}" install -y --download-only "${wanted[@]}"
  if grep -qxF "$headers" <<< "$known"; then
    (cd "$stage" && run_apt "downloading $headers" apt-get "${opts[@]}" download "$headers")
  fi
}

unpack() {
  say "headgate: unpacking …"
  root=$stage/clients/root
  mkdir -p "$root" "$stage/clients/bin" "$stage/clients/mariadb"
  # The package lists stay as they are in the cache: which version of what is here is read from the file names.
  printf '%s\n' "$apt"/cache/archives/*.deb | sed 's|.*/||' > "$stage/clients/packages"
  printf '%s\0' "$apt"/cache/archives/*.deb | xargs -0 -n 8 -P 4 bash -c 'for each in "$@"; do dpkg-deb -x "$each" "$0" || exit 255; done' "$root" ||
    fail "unpacking the packages failed." "Make room (about $space_mb MB) and try again."
  local package
  for package in "$stage"/"$headers"*.deb; do [[ -f $package ]] && dpkg-deb -x "$package" "$stage/clients/mariadb"; done
  rm -rf "$apt" "$root"/usr/share/{doc,man,info,locale,lintian,bash-completion,zsh,icons,pixmaps} "$root"/{boot,dev,proc,run,sys,tmp}
}

# NAME FILE SETTINGS ARGUMENTS…: bin/NAME runs FILE with the loader and the libraries that lie beside it. SETTINGS is shell text.
wrap() {
  local name=$1 file=$2 settings=$3
  shift 3
  [[ -e $root/$file ]] || return 0
  cat > "$stage/clients/bin/$name" << WRAPPER
#!/bin/sh
r=\$(cd "\${0%/*}/../root" && pwd)
l=\$r/usr/lib/$triplet:\$r/lib/$triplet
export MARIADB_PLUGIN_DIR="\$r/usr/lib/$triplet/libmariadb3/plugin"
$settings
exec "\$r/${loader#"$root/"}" --library-path "\$l" "\$r/$file" $* "\$@"
WRAPPER
  chmod +x "$stage/clients/bin/$name"
}

newest() { (cd "$root" && ls -d $1 2> /dev/null | sort -V | tail -1); } # PATTERN below the root

wrap_all() {
  case $arch in amd64) loader=ld-linux-x86-64.so.2 ;; arm64) loader=ld-linux-aarch64.so.1 ;; esac
  loader=$(find "$root" -name "$loader" -type f | sort | head -1)
  [[ -n $loader ]] || fail "the unpacked C library has no loader for $arch."
  local python php php_lib ruby perl
  python=$(newest 'usr/bin/python3.[0-9]*')
  wrap python3 "$python" 'export PYTHONHOME="$r/usr" PYTHONPATH="${PYTHONPATH:+$PYTHONPATH:}$r/usr/lib/python3/dist-packages" PYTHONDONTWRITEBYTECODE=1'
  php=$(newest 'usr/bin/php[0-9]*')
  php_lib=$(newest 'usr/lib/php/20[0-9]*')
  wrap php "$php" '' -n '-d extension_dir="$r/'"$php_lib"'"' -d extension=mysqlnd -d extension=mysqli -d extension=pdo -d extension=pdo_mysql
  ruby=$(newest 'usr/bin/ruby[0-9]*')
  local version=${ruby#usr/bin/ruby}
  wrap ruby "$ruby" "export RUBYLIB=\"\$r/usr/lib/ruby/vendor_ruby:\$r/usr/lib/$triplet/ruby/vendor_ruby/$version.0:\$r/usr/lib/ruby/$version.0:\$r/usr/lib/$triplet/ruby/$version.0\"" --disable-gems
  perl=$(newest 'usr/share/perl/5.[0-9]*.[0-9]*')
  wrap perl usr/bin/perl "export PERL5LIB=\"\$r/usr/lib/$triplet/perl5/${perl#usr/share/perl/}:\$r/usr/share/perl5:\$(echo \"\$r\"/usr/lib/$triplet/perl5/5.[0-9]*):\$r/usr/lib/$triplet/${perl#usr/share/}:\$r/$perl:\$(echo \"\$r\"/usr/lib/$triplet/perl-base)\""
  local name
  for name in mariadb mariadb-dump; do wrap "$name" "usr/bin/$name" '' --no-defaults '--plugin-dir="$r/usr/lib/'"$triplet"'/libmariadb3/plugin"'; done
}

if stamp_holds; then exit 0; fi
examine_system
mkdir -p "$(dirname "$target")" || fail "cannot create $(dirname "$target")." "Check the rights of the project folder."
target=$(cd "$(dirname "$target")" && pwd)/$(basename "$target")

# One run at a time; whoever waited finds the work done.
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
wrap_all
echo "recipe $recipe" > "$stage/clients/versions"
rm -rf "$target"
mv -T "$stage/clients" "$target"
say "headgate: clients are in $target"
