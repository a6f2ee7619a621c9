/* person.c - a person's device: what it is told first, and what it may say. */
#include "notify/person.h"

#include "app/app.h"
#include "app/people.h"
#include "notify/look.h"
#include "notify/ring.h"

/* ---- The snapshot ---- */

/* A shop whose orders are being written. */
struct writing {
    struct jout *j;     /* the array */
    struct str shop_id; /* which */
};

static void write_ringing(void *arg, const struct ringing *r)
{
    const struct writing *w = arg;
    struct jout *j = w->j;
    jout_object(j);
    jout_field_str(j, "order_id", r->order_id);
    jout_field_str(j, "number", r->number);
    jout_field_str(j, "shop_id", w->shop_id);
    jout_field_int(j, "level", r->level);
    jout_field_time(j, "since", r->since_us);
    jout_object_end(j);
}

/* Orders that wait in the shops where the caller is of the staff. */
static void write_all_ringing(struct jout *j, struct request *rq, struct db *db)
{
    const struct caller *c = &rq->caller;
    jout_key(j, "ringing");
    jout_array(j);
    for (size_t i = 0; i < c->grant_count; i++) {
        struct writing w = {j, c->grants[i].shop};
        if (RING_ROLES & ROLE_BIT(c->grants[i].role))
            ring_list(db, rq->arena, w.shop_id, rq->now_us, write_ringing, &w);
    }
    jout_array_end(j);
}

static void write_roles(struct jout *j, const struct caller *c)
{
    unsigned roles = caller_roles(c);
    jout_key(j, "roles");
    jout_array(j);
    for (int r = 0; r < ROLE_COUNT; r++)
        if (roles & ROLE_BIT(r))
            jout_cstr(j, role_word((enum role)r));
    jout_array_end(j);
}

void person_snapshot(struct request *rq, struct db *db, int64_t head)
{
    const struct caller *c = &rq->caller;
    struct boxes b = inbox_boxes(c, rq->arena);
    struct jout *j = reply_event(rq, "CONNECTED");
    jout_object(j);
    jout_field_int(j, "seq", head);
    jout_field_cstr(j, "epoch", journal_epoch(app_journal(rq->app)));
    jout_field_int(j, "unread", look_unread(rq, db, &b));
    write_all_ringing(j, rq, db);
    jout_field_str(j, "account_id", c->id);
    jout_field_str(j, "username", c->username);
    write_roles(j, c);
    if (c->expires_us > 0)
        jout_field_time(j, "expires_at", c->expires_us);
    jout_object_end(j);
    reply_event_end(rq);
}

/* ---- Commands ---- */

/* {seq}, left in the arena. */
static bool parse_seq(struct request *rq)
{
    int64_t *seq = rq->parsed = arena_alloc(rq->arena, sizeof *seq);
    return look_seq(rq, seq);
}

/* What he has heard of the change in any case, and his other devices too, when there was one. */
static void answer(struct jout *j, struct request *rq, const char *what, int64_t unread)
{
    const int64_t *seq = rq->parsed;
    jout_object(j);
    jout_field_int(j, what, *seq);
    jout_field_int(j, "unread", unread);
    jout_object_end(j);
    reply_event_end(rq);
}

static void see(struct request *rq, struct db *tx)
{
    const int64_t *seq = rq->parsed;
    int64_t unread = look_see(rq, tx, *seq);
    if (unread >= 0)
        answer(reply_event(rq, "SEEN"), rq, "seen_seq", unread);
}

static void put_away(struct request *rq, struct db *tx)
{
    const int64_t *seq = rq->parsed;
    int64_t unread = look_put_away(rq, tx, *seq);
    if (unread >= 0)
        answer(reply_event(rq, "ACKNOWLEDGED"), rq, "notice_seq", unread);
}

static void delivered(struct request *rq, struct db *tx)
{
    const int64_t *seq = rq->parsed;
    look_delivered(rq, tx, *seq);
}

/* The page of old told the other side by itself; here the order has done so already, and nobody is
 * told anything by its customer. */
static void nothing(struct request *rq, struct db *db)
{
    (void)rq;
    (void)db;
}

const struct socket_command person_commands[PERSON_COMMANDS] = {
    {.event = "SEEN", .who = WHO_PERSON, .on = RUN_WRITE, .parse = parse_seq, .run = see},
    {.event = "DELIVERED",
     .who = WHO_PERSON,
     .on = RUN_WRITE,
     .parse = parse_seq,
     .run = delivered},
    {.event = "ACKNOWLEDGE",
     .who = WHO_PERSON,
     .on = RUN_WRITE,
     .parse = parse_seq,
     .run = put_away},
    {.event = "SUBMIT_ORDER", .who = WHO_PERSON, .on = RUN_HERE, .run = nothing},
    {.event = "APPROVAL_ORDER", .who = WHO_PERSON, .on = RUN_HERE, .run = nothing},
};
