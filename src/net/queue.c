/* queue.c - the frames that wait to be written to one descriptor: a ring of references.
 *
 * Small neighbours are copied together and written with one plain send(), which costs the kernel
 * less than a vector of many short pieces; large ones are written from where they lie. */
#include "net/queue.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define RING_FIRST  16   /* frames a ring begins with; a power of two */
#define VECTORS_MAX 64   /* frames written at once */
#define JOINED_MAX  4096 /* bytes copied together at most */

struct queue {
    uint32_t cap;          /* slots, a power of two */
    uint32_t first;        /* slot of the oldest frame */
    uint32_t count;        /* frames */
    size_t sent;           /* bytes of the oldest one that are written */
    size_t bytes;          /* that wait, all frames */
    struct frame *items[]; /* the ring */
};

static struct frame *item(const struct queue *q, uint32_t index)
{
    return q->items[(q->first + index) & (q->cap - 1)];
}

/* A ring twice as large (or the first one) with the same frames. */
static void grow(struct queue **q)
{
    struct queue *old = *q;
    uint32_t cap = old ? old->cap * 2 : RING_FIRST;
    CHECK(cap != 0);
    struct queue *wide = mem_grow(NULL, sizeof *wide + cap * sizeof wide->items[0]);
    *wide = (struct queue){.cap = cap};
    if (old) {
        wide->count = old->count;
        wide->sent = old->sent;
        wide->bytes = old->bytes;
        for (uint32_t i = 0; i < old->count; i++)
            wide->items[i] = item(old, i);
        mem_free(old);
    }
    *q = wide;
}

void queue_push(struct queue **q, struct frame *f)
{
    if (f->len == 0) {
        frame_unref(f);
        return;
    }
    if (!*q || (*q)->count == (*q)->cap)
        grow(q);
    struct queue *ring = *q;
    ring->items[(ring->first + ring->count) & (ring->cap - 1)] = f;
    ring->count++;
    ring->bytes += f->len;
}

size_t queue_bytes(const struct queue *q)
{
    return q ? q->bytes : 0;
}

void queue_cut(struct queue **q)
{
    struct queue *ring = *q;
    if (!ring)
        return;
    uint32_t keep = ring->sent > 0 ? 1 : 0;
    while (ring->count > keep) {
        struct frame *f = item(ring, --ring->count);
        ring->bytes -= f->len;
        frame_unref(f);
    }
    if (keep == 0)
        queue_free(q);
}

void queue_free(struct queue **q)
{
    if (!*q)
        return;
    for (uint32_t i = 0; i < (*q)->count; i++)
        frame_unref(item(*q, i));
    mem_free(*q);
    *q = NULL;
}

/* Give up `wrote` bytes from the front. */
static void drop_written(struct queue *q, size_t wrote)
{
    q->bytes -= wrote;
    q->sent += wrote;
    while (q->count > 0 && q->sent >= item(q, 0)->len) {
        struct frame *f = item(q, 0);
        q->sent -= f->len;
        q->first = (q->first + 1) & (q->cap - 1);
        q->count--;
        frame_unref(f);
    }
}

/* All that waits, copied together; the caller knows that it fits. */
static ssize_t send_joined(const struct queue *q, int fd)
{
    char joined[JOINED_MAX];
    size_t len = 0;
    size_t skip = q->sent;
    for (uint32_t i = 0; i < q->count; i++) {
        const struct frame *f = item(q, i);
        memcpy(joined + len, f->at + skip, f->len - skip);
        len += f->len - skip;
        skip = 0;
    }
    return send(fd, joined, len, MSG_NOSIGNAL);
}

static ssize_t send_vectors(const struct queue *q, int fd)
{
    struct iovec vectors[VECTORS_MAX];
    struct msghdr message = {.msg_iov = vectors};
    size_t skip = q->sent;
    for (uint32_t i = 0; i < q->count && i < VECTORS_MAX; i++) {
        const struct frame *f = item(q, i);
        vectors[i].iov_base = (char *)f->at + skip;
        vectors[i].iov_len = f->len - skip;
        skip = 0;
        message.msg_iovlen++;
    }
    return sendmsg(fd, &message, MSG_NOSIGNAL);
}

static ssize_t send_some(const struct queue *q, int fd)
{
    if (q->count == 1)
        return send(fd, item(q, 0)->at + q->sent, q->bytes, MSG_NOSIGNAL);
    return q->bytes <= JOINED_MAX ? send_joined(q, fd) : send_vectors(q, fd);
}

enum queue_write queue_write(struct queue **q, int fd, bool *wrote_r)
{
    while (*q) {
        ssize_t wrote = send_some(*q, fd);
        if (wrote < 0) {
            if (errno == EINTR)
                continue;
            return errno == EAGAIN || errno == EWOULDBLOCK ? QUEUE_STUCK : QUEUE_BROKEN;
        }
        *wrote_r = true;
        drop_written(*q, (size_t)wrote);
        if ((*q)->count == 0)
            queue_free(q);
    }
    return QUEUE_EMPTY;
}
