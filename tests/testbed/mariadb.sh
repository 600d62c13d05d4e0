# MariaDB's server of this Debian, for the tests that must refuse it: a server that MySQL's clients take for MySQL.
# Sourced by `start` with $name, $home and the lock (descriptor 9) held. It asks nobody for a password and knows no
# users (--skip-grant-tables), and has a database only when a test makes one.
. "$here/mysql_programs.sh"

answers() {
    at=$(cat "$home/url")
    port=${at##*:}
    "$programs/mysql" --no-defaults --connect-timeout=10 -h 127.0.0.1 -P "${port%%/*}" -u root -NBe 'select 1' >/dev/null 2>&1
}

mariadb
if alive >/dev/null && [ -s "$home/url" ] && answers; then
    printf 'OMUP_TEST_MARIADB=%s\n' "$(cat "$home/url")"
    exit 0
fi

tree=$home_maria/server
if [ ! -x "$tree/usr/sbin/mariadbd" ]; then
    for package in libaio1 liburing2 mariadb-server-core; do
        apt_unpack "$package" "$home_maria/$package"
    done
    mv "$home_maria/mariadb-server-core" "$tree"
fi
! pid=$(alive) || { say "$name: process $pid does not answer, ending it"; kill -KILL "$pid"; }
[ ! -s "$home/data-folder" ] || rm -rf "$(cat "$home/data-folder")"
folder=$(mktemp -d "${TMPDIR:-/tmp}/omup-testbed.XXXXXX")
printf '%s\n' "$folder" >"$home/data-folder"
as_user=
if [ "$(id -u)" = 0 ]; then
    as_user="setpriv --reuid=nobody --regid=$(id -g nobody) --clear-groups --inh-caps=-all"
    # Its user must be able to walk down to its program and libraries.
    cp -a "$tree" "$folder/root"
    tree=$folder/root
    chmod 755 "$tree"
    chown nobody "$folder"
fi
mkdir -p "$tree/usr/lib"
find "$home_maria/libaio1" "$home_maria/liburing2" -name '*.so*' -exec cp -a {} "$tree/usr/lib/" ';'
$as_user mkdir "$folder/data"

tries=10
while :; do
    port=$(shuf -i 20000-29999 -n 1)
    (
        cd /
        # shellcheck disable=SC2086
        exec $as_user setsid sh -c 'exec "$@" </dev/null >>"$0" 2>&1' "$folder/output" \
            env LD_LIBRARY_PATH="$tree/usr/lib" "$tree/usr/sbin/mariadbd" --no-defaults --datadir="$folder/data" \
            --lc-messages-dir="$tree/usr/share/mysql" --character-sets-dir="$tree/usr/share/mysql/charsets" \
            --plugin-dir="$tree/usr/lib/mysql/plugin" --socket="$folder/s" --pid-file="$folder/pid" \
            --tmpdir="$folder" --bind-address=127.0.0.1 --port="$port" --skip-grant-tables --skip-log-bin \
            --default-storage-engine=InnoDB
    ) </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&- &
    child=$!
    printf 'mysql://root:none@127.0.0.1:%s/mysql\n' "$port" >"$home/url"
    left=300
    until answers; do
        left=$((left - 1))
        [ "$left" -gt 0 ] && kill -0 "$child" 2>/dev/null || break
        sleep 0.1
    done
    ! answers || break
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || cannot "the server does not start: $(grep ERROR "$folder/output" | tail -n 1)"
done

remember "$(cat "$folder/pid")"
[ -z "${OMUP_TESTBED_BORROW:-}" ] || : >"$home/borrowed"
printf 'OMUP_TEST_MARIADB=%s\n' "$(cat "$home/url")"
