#!/bin/bash
# Practice deployment: the ops tool. As the original, it reads the configuration file and the
# environment it is started with, and does not source conf/openmetadata-env.sh.
here=$(cd "$(dirname "$0")/.." && pwd) || exit 1
mkdir -p "$here/logs"
exec "${OMUP_PRACTICE_BIN:-@OMUP@}" practice ops --home "$here" -c "$here/conf/openmetadata.yaml" "$@"
