#!/bin/bash
# Practice deployment: start, stop, status by a pid file. As in the original, stop is kill -KILL and
# the exit code of status is inverted (1 = running).
here=$(cd "$(dirname "$0")/.." && pwd) || exit 1
pid_file="$here/logs/openmetadata.pid"
mkdir -p "$here/logs"

if [ -f "$here/conf/openmetadata-env.sh" ]; then
    . "$here/conf/openmetadata-env.sh"
fi

# A dead process that nobody has waited for yet (state Z) does not run.
is_running() {
    [ -f "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null &&
        ! grep -q '^State:[[:space:]]*Z' "/proc/$(cat "$pid_file")/status" 2>/dev/null
}

case "$1" in
start)
    if is_running; then
        echo "OpenMetadata already running as process $(cat "$pid_file")."
        exit 0
    fi
    cd "$here" || exit 1
    nohup "$here/bin/openmetadata-server-start.sh" conf/openmetadata.yaml \
        >>logs/openmetadata-server.out 2>>logs/openmetadata-server.err </dev/null &
    echo $! >"$pid_file"
    echo "Starting OpenMetadata as process $(cat "$pid_file")."
    ;;
stop)
    if is_running; then
        pid=$(cat "$pid_file")
        echo "Stopping OpenMetadata (process $pid)."
        kill -s KILL "$pid"
        rm -f "$pid_file"
        echo "OpenMetadata stopped."
    else
        rm -f "$pid_file"
        echo "OpenMetadata is not running."
    fi
    ;;
status)
    if is_running; then
        echo "OpenMetadata is running as process $(cat "$pid_file")."
        exit 1
    fi
    echo "OpenMetadata is not running."
    exit 0
    ;;
clean)
    rm -f "$pid_file" "$here"/logs/openmetadata-server.*
    ;;
*)
    echo "Usage: $0 {start|stop|status|clean}"
    exit 1
    ;;
esac
