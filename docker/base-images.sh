#!/usr/bin/env bash
# Makes the images that netsplit asks a registry for, on a machine that reaches none: from Debian's packages and from the
# Node that is installed here, under the very names that docker/Dockerfile and docker/compose.yaml use.
#
#   docker/base-images.sh            makes those that are missing
#   docker/base-images.sh --force    makes all anew
#
# Needs docker, root, and mmdebstrap or debootstrap (slower); packages come from where this machine's apt takes them.
set -euo pipefail
cd "$(dirname "$0")"

suite=bookworm
sources=/etc/apt/sources.list.d/debian.sources
[[ -e $sources ]] || sources=/etc/apt/sources.list
force=${1:-}
node_image=$(sed -n 's/^FROM //p' Dockerfile)
prometheus_image=$(sed -n 's/^ *image: \(prom\/.*\)/\1/p' compose.yaml)

wanted() { [[ $force == --force ]] || ! docker image inspect "$1" >/dev/null 2>&1; }

lacks() { echo "base-images: $1" >&2; exit 4; }

check_machine() {
  local command
  for command in docker node; do
    command -v "$command" >/dev/null || lacks "$command is not installed"
  done
  docker version >/dev/null 2>&1 || lacks 'no container engine answers: start one, or set DOCKER_HOST'
}

# mmdebstrap makes a Debian in half the time and takes every source of apt; debootstrap takes the first.
choose_maker() {
  for maker in mmdebstrap debootstrap; do
    command -v "$maker" >/dev/null && return
  done
  lacks 'neither mmdebstrap nor debootstrap is installed: apt-get install mmdebstrap, or docker pull the images where a registry is in reach'
}

# A small Debian with these packages, as a tar archive on stdout; the script completes it, with its folder in $root.
debian() {
  local packages=$1 script=$2
  "with_$maker" "$packages" "set -e; root=\$1; $script"
}

with_mmdebstrap() {
  mmdebstrap --quiet --variant=minbase --include="$1" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --customize-hook="$2" "$suite" - <"$sources"
}

with_debootstrap() (
  root=$(mktemp -d)
  trap 'rm -rf --one-file-system "$root"' EXIT
  debootstrap --variant=minbase --include="$1" "$suite" "$root" "$(first_source)" >&2
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/usr/share/{doc,man,locale}/*
  bash -c "$2" completes "$root"
  tar -C "$root" --numeric-owner -c .
)

# The first address in apt's sources, in either of their two forms.
first_source() {
  sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb +(\[[^]]*\] +)?([^ ]+).*/\2/p' "$sources" | head -1
}

make_node() {
  local binary
  binary=$(node -p 'require("fs").realpathSync(process.execPath)')
  debian libstdc++6,iproute2,nftables "mkdir -p \"\$root/usr/local/bin\"; cp '$binary' \"\$root/usr/local/bin/node\"" |
    docker import --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
      --change 'CMD ["node"]' - "$node_image" >/dev/null
  echo "made $node_image (Node $(node -p process.versions.node))"
}

make_prometheus() {
  debian prometheus \
    'mkdir -p "$root/prometheus" "$root/etc/prometheus"; chown 65534:65534 "$root/prometheus"' |
    docker import --change 'USER nobody' --change 'WORKDIR /prometheus' --change 'EXPOSE 9090' \
      --change 'ENTRYPOINT ["/bin/prometheus"]' \
      --change 'CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]' \
      - "$prometheus_image" >/dev/null
  echo "made $prometheus_image (from Debian's package)"
}

check_machine
if wanted "$node_image"; then choose_maker; make_node; fi
if wanted "$prometheus_image"; then choose_maker; make_prometheus; fi
