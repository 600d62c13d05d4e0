/* Makes one call fail, once, as a disk does that loses a write, is full or refuses: of the kind that BROKEN_CALL names
 * (fsync, write or rename) and of a file whose path has BROKEN_SYNC_PART in it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int seen;

static int broken_path(const char *call, const char *path)
{
    const char *part = getenv("BROKEN_SYNC_PART"), *at = getenv("BROKEN_SYNC_AT"), *list = getenv("BROKEN_SYNC_LIST");
    const char *wanted = getenv("BROKEN_CALL");
    char line[4200];
    if (!part || !at || !wanted || strcmp(wanted, call) || !strstr(path, part))
        return 0;
    int fails = atomic_fetch_add(&seen, 1) + 1 == atoi(at);
    int out = list ? open(list, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (out >= 0) {
        int count = snprintf(line, sizeof line, "%s %s\n", fails ? "failed" : "synced", path);
        if (syscall(SYS_write, out, line, (size_t)count) < 0)
            abort();
        close(out);
    }
    return fails;
}

static int broken(const char *call, int fd)
{
    char name[64], path[4096];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return broken_path(call, path);
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    if (broken("write", fd)) {
        errno = ENOSPC;
        return -1;
    }
    return ((ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(fd, bytes, count);
}

int rename(const char *from, const char *to)
{
    if (broken_path("rename", to)) {
        errno = EIO;
        return -1;
    }
    return ((int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename"))(from, to);
}

int fsync(int fd)
{
    if (broken("fsync", fd)) {
        errno = EIO;
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}

int fdatasync(int fd)
{
    if (broken("fsync", fd)) {
        errno = EIO;
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
