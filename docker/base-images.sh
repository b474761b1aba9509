#!/usr/bin/env bash
# Makes the images that netsplit asks a registry for, on a machine that reaches none: from Debian's packages and from the
# Node that is installed here, under the very names that docker/Dockerfile and docker/compose.yaml use.
#
#   docker/base-images.sh            makes those that are missing
#   docker/base-images.sh --force    makes all anew
#
# Needs docker, mmdebstrap and root; packages come from where this machine's apt takes them.
set -euo pipefail
cd "$(dirname "$0")"

suite=bookworm
sources=/etc/apt/sources.list.d/debian.sources
[[ -e $sources ]] || sources=/etc/apt/sources.list
force=${1:-}
node_image=$(sed -n 's/^FROM //p' Dockerfile)
prometheus_image=$(sed -n 's/^ *image: \(prom\/.*\)/\1/p' compose.yaml)

for command in docker mmdebstrap node; do
  command -v "$command" >/dev/null || { echo "base-images: $command is not installed" >&2; exit 4; }
done

wanted() { [[ $force == --force ]] || ! docker image inspect "$1" >/dev/null 2>&1; }

# A small Debian with these packages, as a tar archive on stdout. Further arguments go to mmdebstrap.
debian() {
  local packages=$1
  shift
  mmdebstrap --quiet --variant=minbase --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' "$@" "$suite" - <"$sources"
}

make_node() {
  local binary
  binary=$(node -p 'require("fs").realpathSync(process.execPath)')
  debian libstdc++6,iproute2,nftables \
    --customize-hook="copy-in $binary /usr/local/bin" |
    docker import --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
      --change 'CMD ["node"]' - "$node_image" >/dev/null
  echo "made $node_image (Node $(node -p process.versions.node))"
}

make_prometheus() {
  debian prometheus \
    --customize-hook='mkdir -p "$1/prometheus" "$1/etc/prometheus"' \
    --customize-hook='chown 65534:65534 "$1/prometheus"' |
    docker import --change 'USER nobody' --change 'WORKDIR /prometheus' --change 'EXPOSE 9090' \
      --change 'ENTRYPOINT ["/bin/prometheus"]' \
      --change 'CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]' \
      - "$prometheus_image" >/dev/null
  echo "made $prometheus_image (from Debian's package)"
}

if wanted "$node_image"; then make_node; fi
if wanted "$prometheus_image"; then make_prometheus; fi
