/* folder.c - the data folder: made when absent, kept by one server at a time, and never mixed up
 * with a demo's.
 *
 * The lock is flock() on the file `lock`, which also tells the process's id to whoever finds it
 * taken. It goes with the process, so nothing is left over after a crash. The file `demo` marks a
 * folder that
 * --demo made. */
#include "app/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    int lock_fd; /* holds the lock while open */
};

static char why[512];

static const char *say(const char *fmt, ...) PRINTF_LIKE(1, 2);

static const char *say(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    return why;
}

/* Is there anything but what opening itself leaves behind? */
static bool has_content(int dir_fd)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    bool content = dir == NULL;
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        const char *n = entry->d_name;
        content |= strcmp(n, ".") != 0 && strcmp(n, "..") != 0 && strcmp(n, "lock") != 0;
    }
    if (dir)
        closedir(dir);
    return content;
}

/* Take the lock and write our id into it. Returns its descriptor, -1 with a reason. */
static int take_lock(int dir_fd, const char *path)
{
    int fd = openat(dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        say("the data folder %s cannot be written: %s", path, strerror(errno));
        return -1;
    }
    char text[32] = "";
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        ssize_t got = pread(fd, text, sizeof text - 1, 0);
        text[got > 0 ? strcspn(text, "\n") : 0] = '\0';
        say("the data folder %s is in use by another server (process %s)", path, text);
        close(fd);
        return -1;
    }
    int len = snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len) {
        say("the data folder %s cannot be written: %s", path, strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

/* A demo's folder and a real one are never opened as each other. */
static bool check_demo(int dir_fd, const char *path, bool demo)
{
    bool marked = faccessat(dir_fd, "demo", F_OK, 0) == 0;
    if (marked && !demo) {
        say("the data folder %s was made by --demo: start with --demo, or with another --data",
            path);
        return false;
    }
    if (marked || !demo)
        return true;
    if (has_content(dir_fd)) {
        say("--demo needs an empty data folder or one it made; %s is neither", path);
        return false;
    }
    int fd = openat(dir_fd, "demo", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        say("the data folder %s cannot be written: %s", path, strerror(errno));
        return false;
    }
    close(fd);
    return true;
}

static struct folder *open_in(int dir_fd, const char *path, bool demo)
{
    int lock_fd = take_lock(dir_fd, path);
    if (lock_fd < 0)
        return NULL;
    if (!check_demo(dir_fd, path, demo)) {
        close(lock_fd);
        return NULL;
    }
    struct folder *f = mem_alloc(sizeof *f);
    f->lock_fd = lock_fd;
    return f;
}

struct folder *folder_open(const char *path, bool demo, const char **why_r)
{
    *why_r = why;
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        say("the data folder %s cannot be made: %s", path, strerror(errno));
        return NULL;
    }
    int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0) {
        say("the data folder %s cannot be opened: %s", path, strerror(errno));
        return NULL;
    }
    struct folder *f = open_in(dir_fd, path, demo);
    close(dir_fd);
    return f;
}

void folder_close(struct folder **f)
{
    if (!*f)
        return;
    close((*f)->lock_fd);
    mem_free(*f);
    *f = NULL;
}
