/* Makes one fsync or fdatasync fail, as a disk does that loses a write: EIO, once, with the data gone from view. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_int seen;

static int broken(int fd)
{
    const char *part = getenv("BROKEN_SYNC_PART"), *at = getenv("BROKEN_SYNC_AT"), *list = getenv("BROKEN_SYNC_LIST");
    char name[64], path[4096], line[4200];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, sizeof path - 1);
    if (!part || !at || length < 0)
        return 0;
    path[length] = 0;
    if (!strstr(path, part))
        return 0;
    int fails = atomic_fetch_add(&seen, 1) + 1 == atoi(at);
    int out = list ? open(list, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (out >= 0) {
        int count = snprintf(line, sizeof line, "%s %s\n", fails ? "failed" : "synced", path);
        if (write(out, line, (size_t)count) < 0)
            abort();
        close(out);
    }
    return fails;
}

int fsync(int fd)
{
    if (broken(fd)) {
        errno = EIO;
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}

int fdatasync(int fd)
{
    if (broken(fd)) {
        errno = EIO;
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
