/* receipt.c - what became of each alert on each device. */
#include "notify/receipt.h"

#include <pthread.h>

#include "app/caller.h"
#include "app/topic.h"
#include "base/log.h"

#define KEPT_MAX 64 /* bytes of an account's id or a device's name that are kept */

/* ---- Rows ---- */

static struct db_value time_value(int64_t at_us)
{
    return at_us > 0 ? DB_INT(at_us) : DB_NULL;
}

void receipt_note(struct db *tx, const struct receipt *r)
{
    if (db_exec(tx,
                "UPDATE notify_receipts SET event = COALESCE(event, ?), sent = COALESCE(sent, ?),"
                " delivered = COALESCE(delivered, ?), seen = COALESCE(seen, ?),"
                " acted = COALESCE(acted, ?), action = COALESCE(action, ?)"
                " WHERE order_id = ? AND seq = ? AND account_id = ? AND device = ?",
                DB_TEXT(r->event), time_value(r->sent_us), time_value(r->delivered_us),
                time_value(r->seen_us), time_value(r->acted_us), DB_TEXT(r->action),
                DB_TEXT(r->order_id), DB_INT(r->seq), DB_TEXT(r->account_id),
                DB_TEXT(r->device)) != 0)
        return;
    db_exec(tx,
            "INSERT INTO notify_receipts (event, sent, delivered, seen, acted, action, order_id,"
            " seq, account_id, device) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            DB_TEXT(r->event), time_value(r->sent_us), time_value(r->delivered_us),
            time_value(r->seen_us), time_value(r->acted_us), DB_TEXT(r->action),
            DB_TEXT(r->order_id), DB_INT(r->seq), DB_TEXT(r->account_id), DB_TEXT(r->device));
}

/* The newest alert about the order on that device; that one led to it. Without one he came by
 * himself, and the answer is a row of its own. */
static int64_t last_alert(struct db *tx, const struct receipt *r)
{
    struct db_rows *rows =
        db_query(tx,
                 "SELECT MAX(seq) FROM notify_receipts"
                 " WHERE order_id = ? AND account_id = ? AND device = ?",
                 DB_TEXT(r->order_id), DB_TEXT(r->account_id), DB_TEXT(r->device));
    int64_t seq = db_row(rows) ? db_int(rows, 0) : 0;
    db_end(rows);
    return seq;
}

void receipt_act(struct db *tx, const struct receipt *r)
{
    struct receipt acted = *r;
    int64_t seq = last_alert(tx, r);
    if (seq > 0)
        acted.seq = seq;
    receipt_note(tx, &acted);
}

void receipt_list(struct db *db, struct str order_id, struct str account_id,
                  void (*visit)(void *arg, const struct receipt *r), void *arg)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT seq, account_id, device, event, sent, delivered, seen,"
                                    " acted, action FROM notify_receipts WHERE order_id = ?"
                                    " ORDER BY seq, account_id, device LIMIT 1000",
                                    DB_TEXT(order_id));
    while (db_row(rows)) {
        const struct receipt r = {.order_id = order_id,
                                  .seq = db_int(rows, 0),
                                  .account_id = db_text(rows, 1),
                                  .device = db_text(rows, 2),
                                  .event = db_text(rows, 3),
                                  .sent_us = db_int(rows, 4),
                                  .delivered_us = db_int(rows, 5),
                                  .seen_us = db_int(rows, 6),
                                  .acted_us = db_int(rows, 7),
                                  .action = db_text(rows, 8)};
        if (!account_id.at || str_eq(account_id, r.account_id))
            visit(arg, &r);
    }
    db_end(rows);
}

/* ---- What an event is to a device ---- */

/* On which of the event's channels would he hear it first, and as whom? */
static const struct notice *alert_to(const struct event *e, const struct caller *who)
{
    for (size_t i = 0; i < e->channel_count; i++) {
        struct str rest = e->channels[i];
        struct str kind = str_cut(&rest, ':');
        if (str_is(kind, "account") && str_eq(rest, who->id))
            return notice_for(e, AUDIENCE_PERSON);
        for (size_t g = 0; g < who->grant_count && str_is(kind, "shop"); g++)
            if (str_eq(rest, who->grants[g].shop))
                return notice_of(e, who->grants[g].role);
    }
    return who->role == ROLE_ADMIN ? notice_of(e, ROLE_ADMIN) : NULL;
}

static bool is_about_order(const struct event *e)
{
    struct id id;
    return id_parse(e->key, &id);
}

static struct str device_of(const struct caller *who)
{
    return who->session.at ? caller_device(who->session) : STR("");
}

struct receipt receipt_of(const struct event *e, const struct caller *who)
{
    const struct notice *n = alert_to(e, who);
    if (!n || n->level != LEVEL_ALERT || !is_about_order(e))
        return (struct receipt){0};
    return (struct receipt){.order_id = e->key,
                            .seq = e->seq,
                            .account_id = who->id,
                            .device = device_of(who),
                            .event = str_of(n->event)};
}

/* ---- What loops tell ---- */

/* A text of at most KEPT_MAX bytes, kept. */
struct name {
    uint8_t len;         /* bytes of text */
    char text[KEPT_MAX]; /* not NUL-terminated */
};

/* One alert that was queued for one device. */
struct sending {
    struct event *e;     /* a reference */
    const char *event;   /* what it was called */
    struct name account; /* whose device */
    struct name device;  /* which */
    int64_t at_us;       /* when */
};

/* What was sent since the last unit, and the unit that writes what was sent before. */
static struct {
    pthread_mutex_t lock; /* over the five below */
    bool open;            /* between begin and end */
    bool busy;            /* the unit is on its way */
    bool spilt;           /* something was not noted since the last unit */
    size_t count;         /* in gathering */
    struct sending gathering[SENT_MAX];
    size_t flying; /* in flight; the unit's while it is busy, like the next */
    struct sending flight[SENT_MAX];
    struct unit unit;
    struct writer *writer; /* where it goes */
} sent = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool keep(struct name *n, struct str text)
{
    if (text.len > KEPT_MAX)
        return false;
    n->len = (uint8_t)text.len;
    if (text.len > 0)
        memcpy(n->text, text.at, text.len);
    return true;
}

static struct str name_of(const struct name *n)
{
    return (struct str){n->text, n->len};
}

static void forget(struct sending *all, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        event_unref(all[i].e);
    *count = 0;
}

static void write_flight(struct unit *u, struct db *tx)
{
    (void)u;
    for (size_t i = 0; i < sent.flying; i++) {
        const struct sending *s = &sent.flight[i];
        receipt_note(tx, &(struct receipt){.order_id = s->e->key,
                                           .seq = s->e->seq,
                                           .account_id = name_of(&s->account),
                                           .device = name_of(&s->device),
                                           .event = str_of(s->event),
                                           .sent_us = s->at_us});
    }
}

/* With the lock held: let what was gathered fly. True when there is a unit to submit. */
static bool take_off(void)
{
    if (!sent.open || sent.busy || sent.count == 0)
        return false;
    memcpy(sent.flight, sent.gathering, sent.count * sizeof sent.flight[0]);
    sent.flying = sent.count;
    sent.count = 0;
    sent.spilt = false;
    sent.busy = true;
    return true;
}

/* On the writer's thread. */
static void landed(struct unit *u)
{
    if (u->fate != UNIT_DONE && u->fate != UNIT_STOPPED)
        log_warn("NOTIFY-RECEIPTS-LOST", LOG_N("count", sent.flying), LOG_N("fate", u->fate));
    forget(sent.flight, &sent.flying);
    pthread_mutex_lock(&sent.lock);
    sent.busy = false;
    bool more = take_off();
    pthread_mutex_unlock(&sent.lock);
    if (more)
        writer_submit(sent.writer, &sent.unit);
}

/* With the lock held. */
static void gather(struct event *e, const struct notice *n, const struct caller *who, int64_t at_us)
{
    struct sending *s = &sent.gathering[sent.count];
    if (sent.count == SENT_MAX) {
        if (!sent.spilt)
            log_warn("NOTIFY-RECEIPTS-SPILT", LOG_N("seq", e->seq));
        sent.spilt = true;
    } else if (sent.open && keep(&s->account, who->id) && keep(&s->device, device_of(who))) {
        event_ref(e);
        s->e = e;
        s->event = n->event;
        s->at_us = at_us;
        sent.count++;
    }
}

void receipt_sent(struct app *app, const struct event *e, const struct caller *who, int64_t at_us)
{
    const struct notice *n = notice_of(e, who->role);
    (void)app;
    if (!n || !is_about_order(e))
        return;
    pthread_mutex_lock(&sent.lock);
    gather((struct event *)e, n, who, at_us);
    bool go = take_off();
    pthread_mutex_unlock(&sent.lock);
    if (go)
        writer_submit(sent.writer, &sent.unit);
}

void receipt_open(struct writer *w)
{
    pthread_mutex_lock(&sent.lock);
    sent.unit = (struct unit){.run = write_flight, .done = landed, .patient = true};
    sent.writer = w;
    sent.open = true;
    pthread_mutex_unlock(&sent.lock);
}

void receipt_shut(void)
{
    pthread_mutex_lock(&sent.lock);
    sent.open = false;
    forget(sent.gathering, &sent.count);
    pthread_mutex_unlock(&sent.lock);
}
