# What a Debian machine needs beyond the compiler, installed with apt-get: only what is missing, and saying so first.
# Sourced by Cluster/demo and Tests/run.

# nginx and others live in sbin, which is no part of every user's path.
PATH=$PATH:/usr/sbin:/sbin

# The compiler is no Debian package: it must be there.
need_swift() {
  local version=
  if command -v swift > /dev/null; then
    version=$(swift --version 2> /dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
  fi
  if [[ -z $version ]]; then
    give_up "there is no swift here: install Swift 6.2 or newer from https://www.swift.org/install/linux/debian/"
  fi
  if ((${version%.*} * 1000 + ${version#*.} < 6002)); then
    give_up "this is Swift $version and the package needs 6.2 or newer: https://www.swift.org/install/linux/debian/"
  fi
  printf 'Swift %s\n' "$version"
}

# need PACKAGE...
need() {
  local package missing=()
  for package in "$@"; do
    if ! is_there "$package"; then missing+=("$package"); fi
  done
  if ((${#missing[@]} == 0)); then
    printf 'Nothing to install: %s\n' "$*"
  else
    printf 'Installing with apt-get: %s\n' "${missing[*]}"
    install_packages "${missing[@]}"
  fi
}

# A program may have come another way than as Debian's package; then that one is taken.
is_there() {
  case $1 in
    nginx-light) command -v nginx > /dev/null ;;
    golang-go) command -v go > /dev/null ;;
    python3) command -v python3 > /dev/null ;;
    iproute2) command -v ip > /dev/null ;;
    *) [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2> /dev/null) == installed ]] ;;
  esac
}

install_packages() (
  as_root=()
  if ((EUID != 0)); then
    command -v sudo > /dev/null || give_up "no root and no sudo: run \`apt-get install $*\` as root first"
    as_root=(sudo)
  fi
  command -v apt-get > /dev/null || give_up "there is no apt-get here: install $* by hand"
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  # A web server that is installed here shall not start as a service: Debian asks this file, as containers have it.
  policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    trap 'rm -f "$log"; "${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" > /dev/null
    "${as_root[@]}" chmod 755 "$policy"
  fi
  if ! {
    "${as_root[@]}" apt-get update -qq \
      && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
  } > "$log" 2>&1 < /dev/null; then
    cat "$log" >&2
    give_up "apt-get could not install $*; its own words stand above"
  fi
)

give_up() {
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  exit 1
}
