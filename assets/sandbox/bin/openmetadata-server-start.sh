#!/bin/bash
# Practice deployment: runs the server in the foreground.
if [ $# -lt 1 ]; then
    echo "USAGE: $0 [-daemon] openmetadata.yaml"
    exit 1
fi
here=$(cd "$(dirname "$0")/.." && pwd) || exit 1
if [ -f "$here/conf/openmetadata-env.sh" ]; then
    . "$here/conf/openmetadata-env.sh"
fi
cd "$here" || exit 1
mkdir -p logs
if [ "$1" = "-daemon" ]; then
    nohup "${OMUP_PRACTICE_BIN:-@OMUP@}" practice server --home "$here" \
        >>logs/openmetadata-server.out 2>&1 </dev/null &
    exit 0
fi
exec "${OMUP_PRACTICE_BIN:-@OMUP@}" practice server --home "$here"
