# Programs that the tests run. Sourced by `start` with $name, $home and the lock held; prints where the program is.

found() {
    printf 'OMUP_TEST_%s=%s\n' "$(printf '%s' "$name" | tr '[:lower:]' '[:upper:]')" "$1"
    exit 0
}

# on_path PROGRAM PACKAGE: sbin is looked at too, since it is not on everybody's PATH.
on_path() {
    PATH=$PATH:/usr/sbin:/sbin
    command -v "$1" >/dev/null || apt_install "$2"
    program=$(command -v "$1") || cannot "the package $2 brought no $1"
    found "$program"
}

case $name in
zstd | strace | tmux) on_path "$name" "$name" ;;
sshd) on_path sshd openssh-server ;;
mysql_tools | mysql80_tools | mariadb_tools)
    . "$here/mysql_programs.sh"
    case $name in
    mysql_tools) mysql_97 ;;
    mysql80_tools) mysql_80 ;;
    mariadb_tools) mariadb ;;
    esac
    found "$programs"
    ;;
faketime)
    # Only the library, whatever folder this architecture has for it.
    library() { find "$home/root/usr/lib" -name libfaketime.so.1 2>/dev/null; }
    [ -n "$(library)" ] || apt_unpack libfaketime "$home/root"
    [ -n "$(library)" ] || cannot "the package libfaketime brought no libfaketime.so.1"
    found "$(library)"
    ;;
runit)
    # Only the programs runsv and sv: the package's own scripts would set up a service tree on this machine.
    if [ ! -x "$home/root/usr/bin/runsv" ]; then
        ! command -v runsv >/dev/null || ! command -v sv >/dev/null || found "$(dirname "$(command -v runsv)")"
        apt_unpack runit "$home/root"
    fi
    "$home/root/usr/bin/sv" >/dev/null 2>&1 || [ $? -lt 126 ] || cannot "runit's sv does not run here"
    found "$home/root/usr/bin"
    ;;
esac
