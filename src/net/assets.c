/* assets.c - finds a file: in the binary, or in a folder where each request reads it anew. */
#include "net/assets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "net/asset.h"

#define FILE_MAX ((off_t)32 << 20) /* bytes of a file in a folder */
#define PATH_LEN 512               /* bytes of a path into it */

struct assets {
    int folder; /* its descriptor; -1: the files in the binary */
};

struct assets *assets_open(const char *folder, const char **why_r)
{
    int fd = -1;
    if (folder) {
        fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) {
            *why_r = errno == ENOENT ? "the folder of the web application does not exist"
                                     : "the folder of the web application can't be opened";
            return NULL;
        }
    }
    struct assets *a = mem_alloc(sizeof *a);
    a->folder = fd;
    return a;
}

void assets_free(struct assets **a)
{
    if (!*a)
        return;
    if ((*a)->folder >= 0)
        close((*a)->folder);
    mem_free(*a);
    *a = NULL;
}

static int compare_path(const void *key, const void *item)
{
    return strcmp(key, ((const struct asset *)item)->path);
}

static bool answer_embedded(struct exchange *x, const char *path, int status)
{
    const struct asset *found =
        bsearch(path, embedded_assets, embedded_asset_count, sizeof *found, compare_path);
    if (found)
        asset_answer(x, found, status);
    return found != NULL;
}

/* Open a file below the folder: step by step, no link followed, no step up, so that nothing outside
 * can be reached whatever the path says. -1 when there is no such file. */
static int open_below(int folder, const char *path)
{
    char step[PATH_LEN];
    struct str rest = {path + 1, strlen(path + 1)};
    int at = folder;
    while (rest.at && at >= 0) {
        struct str name = str_cut(&rest, '/');
        bool plain = name.len > 0 && name.len < sizeof step && name.at[0] != '.';
        int flags = rest.at ? O_PATH | O_DIRECTORY : O_RDONLY | O_NONBLOCK;
        snprintf(step, sizeof step, "%.*s", STR_ARG(name));
        int next = plain ? openat(at, step, flags | O_NOFOLLOW | O_CLOEXEC) : -1;
        if (at != folder)
            close(at);
        at = next;
    }
    return at == folder ? -1 : at;
}

/* The bytes of a regular file; false when there is none or it is too large. */
static bool read_file(int folder, const char *path, struct buf *out)
{
    struct stat info;
    int fd = open_below(folder, path);
    if (fd < 0)
        return false;
    bool ok = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size <= FILE_MAX;
    buf_reserve(out, ok ? (size_t)info.st_size : 0);
    while (ok && out->len < (size_t)info.st_size) {
        ssize_t got = read(fd, out->at + out->len, (size_t)info.st_size - out->len);
        ok = got > 0;
        out->len += ok ? (size_t)got : 0;
    }
    close(fd);
    return ok;
}

/* The file with `ending` behind its name, if there is one. */
static void read_coded(int folder, const char *path, const char *ending, struct buf *out)
{
    char name[PATH_LEN + 4];
    snprintf(name, sizeof name, "%s%s", path, ending);
    if (!read_file(folder, name, out))
        buf_fini(out);
}

static bool answer_from_folder(int folder, struct exchange *x, const char *path, int status)
{
    struct buf plain = {0};
    struct buf br = {0};
    struct buf gzip = {0};
    bool found = read_file(folder, path, &plain);
    if (found) {
        uint8_t hash[SHA256_LEN];
        char tag[2 * SHA256_LEN + 1];
        digest_sha256(buf_str(&plain), hash);
        digest_hex(hash, sizeof hash, tag);
        tag[ASSET_TAG_LEN] = '\0';
        read_coded(folder, path, ".br", &br);
        read_coded(folder, path, ".gz", &gzip);
        const struct asset asset = {
            .path = path,
            .tag = tag,
            .plain = buf_str(&plain),
            .br = buf_str(&br),
            .gzip = buf_str(&gzip),
        };
        asset_answer(x, &asset, status);
    }
    buf_fini(&plain);
    buf_fini(&br);
    buf_fini(&gzip);
    return found;
}

bool assets_answer_as(struct assets *a, struct exchange *x, struct str path, int status)
{
    char text[PATH_LEN];
    if (x->method != HTTP_GET && x->method != HTTP_HEAD)
        return false;
    if (path.len == 0 || path.len >= sizeof text || path.at[0] != '/')
        return false;
    memcpy(text, path.at, path.len);
    text[path.len] = '\0';
    return a->folder < 0 ? answer_embedded(x, text, status)
                         : answer_from_folder(a->folder, x, text, status);
}

bool assets_answer(struct assets *a, struct exchange *x, struct str path)
{
    return assets_answer_as(a, x, path, 200);
}
