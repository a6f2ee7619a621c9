/* tail.c - hands committed events to the loops that tap the journal.
 *
 * All taps of one loop hang on one branch, and a batch travels to a loop as one mail that points at
 * the branch, never at a tap: so a tap may be taken off and freed while mail is on its way. The
 * list of taps on a branch belongs to the branch's loop; only the list of branches is shared. */
#include "journal/tail.h"

/* A loop that taps. */
struct branch {
    struct list node;        /* among the tail's branches */
    struct loop *loop;       /* whose */
    _Atomic int refs;        /* the tail's, and one for each mail on its way */
    struct list taps;        /* struct journal_tap; the loop's thread only */
    struct journal_tap *now; /* being called; NULL once it was taken off meanwhile */
    struct list *next;       /* to be called after it */
};

/* A batch on its way to a loop. */
struct handover {
    struct mail mail;      /* to the branch's loop */
    struct branch *branch; /* a reference */
    struct batch *batch;   /* a reference */
};

void tail_init(struct tail *t)
{
    pthread_mutex_init(&t->lock, NULL);
    list_init(&t->branches);
    list_init(&t->watchers);
}

void tail_fini(struct tail *t)
{
    CHECK(list_empty(&t->branches) && list_empty(&t->watchers));
    pthread_mutex_destroy(&t->lock);
}

static void branch_unref(struct branch *b)
{
    if (atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) == 1)
        mem_free(b);
}

static void batch_unref(struct batch *batch)
{
    if (atomic_fetch_sub_explicit(&batch->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < batch->count; i++)
        event_unref(batch->events[i]);
    mem_free(batch);
}

struct batch *tail_batch(struct event *const *events, size_t count)
{
    struct batch *batch = mem_alloc(sizeof *batch + count * sizeof batch->events[0]);
    atomic_init(&batch->refs, 1);
    batch->count = count;
    for (size_t i = 0; i < count; i++) {
        event_ref(events[i]);
        batch->events[i] = events[i];
    }
    return batch;
}

/* ---- On the loop ---- */

/* Give the tap what is new to it. It may take itself or any other tap off meanwhile. */
static void feed(struct branch *b, struct journal_tap *tap, const struct batch *batch)
{
    bool any = false;
    b->now = tap;
    for (size_t i = 0; i < batch->count && b->now; i++) {
        if (batch->events[i]->seq <= tap->after)
            continue;
        tap->deliver(tap, batch->events[i]);
        any = true;
    }
    if (any && b->now && tap->turn)
        tap->turn(tap);
    b->now = NULL;
}

static void arrive(struct mail *m)
{
    struct handover *h = CONTAINER_OF(m, struct handover, mail);
    struct branch *b = h->branch;
    for (struct list *node = b->taps.next; node != &b->taps; node = b->next) {
        b->next = node->next;
        feed(b, LIST_ITEM(node, struct journal_tap, node), h->batch);
    }
    batch_unref(h->batch);
    branch_unref(b);
    mem_free(h);
}

/* ---- On the writer's and the flusher's thread ---- */

static void hand_over(struct branch *b, struct batch *batch)
{
    struct handover *h = mem_alloc(sizeof *h);
    atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&batch->refs, 1, memory_order_relaxed);
    *h = (struct handover){.mail.deliver = arrive, .branch = b, .batch = batch};
    loop_post(b->loop, &h->mail);
}

void tail_committed(struct tail *t, struct event *const *events, size_t count, int64_t deadline_us)
{
    pthread_mutex_lock(&t->lock);
    LIST_EACH (node, &t->watchers) {
        struct journal_watcher *w = LIST_ITEM(node, struct journal_watcher, node);
        w->committed(w, events, count, deadline_us);
    }
    pthread_mutex_unlock(&t->lock);
}

void tail_publish(struct tail *t, _Atomic int64_t *head, struct batch *batch)
{
    pthread_mutex_lock(&t->lock);
    atomic_store_explicit(head, batch->events[batch->count - 1]->seq, memory_order_release);
    LIST_EACH (node, &t->branches)
        hand_over(LIST_ITEM(node, struct branch, node), batch);
    pthread_mutex_unlock(&t->lock);
    batch_unref(batch);
}

/* ---- Coming and going ---- */

/* With the lock held. */
static struct branch *branch_of(struct tail *t, const struct loop *loop)
{
    LIST_EACH (node, &t->branches) {
        struct branch *b = LIST_ITEM(node, struct branch, node);
        if (b->loop == loop)
            return b;
    }
    return NULL;
}

static struct branch *branch_new(struct tail *t, struct loop *loop)
{
    struct branch *b = mem_alloc(sizeof *b);
    b->loop = loop;
    atomic_init(&b->refs, 1);
    list_init(&b->taps);
    list_add_before(&t->branches, &b->node);
    return b;
}

int64_t tail_tap(struct tail *t, const _Atomic int64_t *head, struct journal_tap *tap)
{
    pthread_mutex_lock(&t->lock);
    struct branch *b = branch_of(t, tap->loop);
    if (!b)
        b = branch_new(t, tap->loop);
    tap->after = atomic_load_explicit(head, memory_order_acquire);
    list_add_before(&b->taps, &tap->node);
    pthread_mutex_unlock(&t->lock);
    return tap->after;
}

/* Take the tap off its branch; if it is being called just now, or is the next to be, look past it.
 */
static void take_off(struct branch *b, struct journal_tap *tap)
{
    if (b->now == tap)
        b->now = NULL;
    if (b->next == &tap->node)
        b->next = tap->node.next;
    list_del(&tap->node);
}

void tail_untap(struct tail *t, struct journal_tap *tap)
{
    struct branch *gone = NULL;
    if (!list_linked(&tap->node))
        return;
    pthread_mutex_lock(&t->lock);
    struct branch *b = branch_of(t, tap->loop);
    CHECK(b != NULL);
    take_off(b, tap);
    if (list_empty(&b->taps)) {
        list_del(&b->node);
        gone = b;
    }
    pthread_mutex_unlock(&t->lock);
    if (gone)
        branch_unref(gone);
}

void tail_watch(struct tail *t, struct journal_watcher *w)
{
    pthread_mutex_lock(&t->lock);
    list_add_before(&t->watchers, &w->node);
    pthread_mutex_unlock(&t->lock);
}

void tail_unwatch(struct tail *t, struct journal_watcher *w)
{
    pthread_mutex_lock(&t->lock);
    list_del(&w->node);
    pthread_mutex_unlock(&t->lock);
}
