#!/bin/bash
# Practice deployment: a watchdog, like a forgotten cron job. Starts the old server as soon as it was
# stopped. Ends when its pid file is gone or names another process.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
pid_file="$here/watchdog.pid"

case "$1" in
start)
    nohup "$0" watch >/dev/null 2>&1 </dev/null &
    echo $! >"$pid_file"
    ;;
watch)
    while [ -d "$here" ]; do
        sleep 0.2
        [ "$(cat "$pid_file" 2>/dev/null)" = "$$" ] || exit 0
        # While the server's pid file is there it runs, or is being stopped: a stop removes it last,
        # and would take a new server's file along.
        [ -e "@HOME@/logs/openmetadata.pid" ] || "@HOME@/bin/openmetadata.sh" start
    done
    ;;
stop)
    pid=$(cat "$pid_file" 2>/dev/null)
    rm -f "$pid_file"
    while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null &&
        ! grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" 2>/dev/null; do
        sleep 0.05
    done
    ;;
*)
    echo "Usage: $0 {start|stop}"
    exit 1
    ;;
esac
