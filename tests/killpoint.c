/* Preloaded into a process, this ends it by SIGKILL at the n-th write, fsync or rename below one folder.
 *
 * A write at which the process ends is cut in half first, as a crash would leave it. Nothing is counted until
 * `killpoint_arm` was called; `killpoint_count` tells how many there were.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE, SYNC, RENAME, KINDS };

static char folder[PATH_MAX];
static long counts[KINDS];
static int kill_kind = -1;
static long kill_at;

void killpoint_arm(const char *path, int kind, long at) {
    snprintf(folder, sizeof folder, "%s", path);
    memset(counts, 0, sizeof counts);
    kill_kind = kind;
    kill_at = at;
}

long killpoint_count(int kind) { return counts[kind]; }

static int reached(int kind, const char *path) {
    if (!folder[0] || strncmp(path, folder, strlen(folder)) != 0) return 0;
    return __sync_add_and_fetch(&counts[kind], 1) == kill_at && kind == kill_kind;
}

static int reached_by(int kind, int descriptor) {
    char link[64], path[PATH_MAX];
    if (!folder[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return reached(kind, path);
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *bytes, size_t size) {
    REAL(write);
    if (reached_by(WRITE, fd)) { real(fd, bytes, size / 2); die(); }
    return real(fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
    REAL(pwrite);
    if (reached_by(WRITE, fd)) { real(fd, bytes, size / 2, at); die(); }
    return real(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
    REAL(pwrite64);
    if (reached_by(WRITE, fd)) { real(fd, bytes, size / 2, at); die(); }
    return real(fd, bytes, size, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    if (reached_by(WRITE, fd)) die();
    return real(fd, parts, count);
}

int fsync(int fd) {
    REAL(fsync);
    if (reached_by(SYNC, fd)) die();
    return real(fd);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    if (reached_by(SYNC, fd)) die();
    return real(fd);
}

int rename(const char *from, const char *to) {
    REAL(rename);
    if (reached(RENAME, to)) die();
    return real(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    REAL(renameat);
    if (reached(RENAME, to)) die();
    return real(from_folder, from, to_folder, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags) {
    REAL(renameat2);
    if (reached(RENAME, to)) die();
    return real(from_folder, from, to_folder, to, flags);
}
