/* ring.c - orders that ring until they are answered. */
#include "notify/ring.h"

#include <stdatomic.h>
#include <stdio.h>

#include "app/presence.h"
#include "app/topic.h"
#include "base/clock.h"
#include "base/json.h"
#include "journal/cursor.h"
#include "journal/deadline.h"

#define SERVICE    "notify"
#define LOOK_MAX   200            /* orders of a shop looked at in one step, the oldest */
#define ANSWER_MAX 16             /* events of an order looked at for its answer */
#define STEP_MIN   (US_PER_S / 2) /* between two steps of a shop */
#define ARENA_MAX  (512 << 10)    /* memory of a step */

static const struct ring_terms otherwise = {
    .every_s = 20,
    .escalate_after_s = 60,
    .first = ROLE_BIT(ROLE_OWNER) | ROLE_BIT(ROLE_BARISTA),
    .max_s = 1800,
};

/* ---- Terms ---- */

/* A shop as notify knows it. */
struct shop {
    bool stands;             /* in the table */
    int64_t armed_us;        /* when its deadline is; 0: it has none */
    int64_t stepped_us;      /* when it was last looked whom to ring */
    struct ring_terms terms; /* how it wants to be rung */
};

static unsigned roles_of(struct str words)
{
    unsigned roles = 0;
    while (words.len > 0) {
        enum role role;
        if (role_parse(str_cut(&words, ','), &role))
            roles |= ROLE_BIT(role);
    }
    return roles & RING_ROLES;
}

static struct shop read_shop(struct db *db, struct str shop_id)
{
    struct shop s = {.terms = otherwise};
    struct db_rows *rows = db_query(db,
                                    "SELECT armed, stepped, every_s, escalate_after_s, first, max_s"
                                    " FROM notify_shops WHERE id = ?",
                                    DB_TEXT(shop_id));
    s.stands = db_row(rows);
    if (s.stands) {
        s.armed_us = db_int(rows, 0);
        s.stepped_us = db_int(rows, 1);
    }
    if (s.stands && db_text(rows, 4).at)
        s.terms = (struct ring_terms){.every_s = db_int(rows, 2),
                                      .escalate_after_s = db_int(rows, 3),
                                      .first = roles_of(db_text(rows, 4)),
                                      .max_s = db_int(rows, 5)};
    db_end(rows);
    return s;
}

struct ring_terms ring_terms(struct db *db, struct str shop_id)
{
    return read_shop(db, shop_id).terms;
}

/* See to it that the shop's deadline is at `at_us` or before. */
static void arm(struct db *tx, struct str shop_id, struct shop *s, int64_t at_us)
{
    if (s->armed_us > 0 && s->armed_us <= at_us)
        return;
    deadline_set(tx, SERVICE, shop_id, at_us);
    if (s->stands)
        db_exec(tx, "UPDATE notify_shops SET armed = ? WHERE id = ?", DB_INT(at_us),
                DB_TEXT(shop_id));
    else
        db_exec(tx, "INSERT INTO notify_shops (id, armed, stepped) VALUES (?, ?, 0)",
                DB_TEXT(shop_id), DB_INT(at_us));
    s->stands = true;
    s->armed_us = at_us;
}

/* "owner,barista" into `words`, NUL-terminated. */
#define WORDS_MAX 64
static void write_roles(unsigned roles, char words[WORDS_MAX])
{
    size_t len = 0;
    words[0] = '\0';
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (roles & ROLE_BIT(r))
            len += (size_t)snprintf(words + len, WORDS_MAX - len, "%s%s", len > 0 ? "," : "",
                                    role_word((enum role)r));
    }
}

void ring_set_terms(struct db *tx, struct str shop_id, const struct ring_terms *t, int64_t now_us)
{
    struct shop s = read_shop(tx, shop_id);
    char first[WORDS_MAX];
    write_roles(t->first, first);
    if (!s.stands)
        db_exec(tx, "INSERT INTO notify_shops (id, armed, stepped) VALUES (?, 0, 0)",
                DB_TEXT(shop_id));
    s.stands = true;
    db_exec(tx,
            "UPDATE notify_shops SET every_s = ?, escalate_after_s = ?, first = ?, max_s = ?"
            " WHERE id = ?",
            DB_INT(t->every_s), DB_INT(t->escalate_after_s), DB_CSTR(first), DB_INT(t->max_s),
            DB_TEXT(shop_id));
    if (s.armed_us > 0)
        arm(tx, shop_id, &s, now_us + t->every_s * US_PER_S);
}

/* ---- Start and stop ---- */

void ring_start(struct db *tx, struct str shop_id, struct str order_id, struct str number,
                int64_t since_us)
{
    struct shop s = read_shop(tx, shop_id);
    ring_stop(tx, shop_id, order_id);
    db_exec(tx, "INSERT INTO notify_rings (shop_id, order_id, number, since) VALUES (?, ?, ?, ?)",
            DB_TEXT(shop_id), DB_TEXT(order_id), DB_TEXT(number), DB_INT(since_us));
    arm(tx, shop_id, &s, since_us + s.terms.every_s * US_PER_S);
}

void ring_stop(struct db *tx, struct str shop_id, struct str order_id)
{
    db_exec(tx, "DELETE FROM notify_rings WHERE shop_id = ? AND order_id = ?", DB_TEXT(shop_id),
            DB_TEXT(order_id));
}

/* ---- A step ---- */

static int64_t level_at(const struct ring_terms *t, int64_t since_us, int64_t now_us)
{
    return now_us > since_us ? (now_us - since_us) / (t->every_s * US_PER_S) : 0;
}

static size_t read_orders(struct db *db, struct arena *arena, struct str shop_id, size_t limit,
                          struct ringing *all)
{
    size_t count = 0;
    struct db_rows *rows = db_query(db,
                                    "SELECT order_id, number, since FROM notify_rings"
                                    " WHERE shop_id = ? ORDER BY order_id LIMIT ?",
                                    DB_TEXT(shop_id), DB_INT(limit));
    while (count < limit && db_row(rows))
        all[count++] = (struct ringing){.order_id = arena_str(arena, db_text(rows, 0)),
                                        .number = arena_str(arena, db_text(rows, 1)),
                                        .since_us = db_int(rows, 2)};
    db_end(rows);
    return count;
}

void ring_list(struct db *db, struct arena *arena, struct str shop_id, int64_t now_us,
               void (*visit)(void *arg, const struct ringing *r), void *arg)
{
    struct ring_terms t = ring_terms(db, shop_id);
    struct ringing *all = arena_alloc(arena, RING_ORDERS_MAX * sizeof *all);
    size_t count = read_orders(db, arena, shop_id, RING_ORDERS_MAX, all);
    for (size_t i = 0; i < count; i++) {
        all[i].level = level_at(&t, all[i].since_us, now_us);
        visit(arg, &all[i]);
    }
}

/* A shop being rung. */
struct step {
    struct db *tx;       /* the writer's */
    struct arena *arena; /* of the step */
    struct str shop_id;  /* which */
    struct shop shop;    /* as it was before */
    int64_t now_us;      /* the step's time */
    int64_t reacted;     /* to everything up to this seq, at least */
    bool heard;          /* one of those who are rung first is online, for all that is known */
    size_t rung;         /* orders so far */
    int64_t next_us;     /* when the next one rings; INT64_MAX: none does */
};

/* Where it is known who is online; NULL: nowhere. */
static _Atomic(struct app *) house;

void ring_house(struct app *app)
{
    atomic_store(&house, app);
}

static bool somebody_hears(struct db *tx, struct str shop_id, unsigned roles)
{
    struct app *app = atomic_load(&house);
    return !app || presence_in_shop(app, tx, shop_id, roles);
}

/* Who is rung for an order that has waited so long. */
static unsigned whom(const struct step *s, int64_t waited_us)
{
    const struct ring_terms *t = &s->shop.terms;
    bool first = s->heard && waited_us < t->escalate_after_s * US_PER_S;
    return first ? t->first : RING_ROLES;
}

static void tell(struct step *s, const struct ringing *r)
{
    int64_t waited_us = s->now_us - r->since_us;
    unsigned to = whom(s, waited_us);
    struct buf payload = buf_in(s->arena);
    struct jout j = jout_to(&payload);
    struct str channel = str_of(arena_printf(s->arena, "shop:%.*s", STR_ARG(s->shop_id)));
    jout_object(&j);
    jout_field_str(&j, "order_id", r->order_id);
    jout_field_str(&j, "number", r->number);
    jout_field_str(&j, "shop_id", s->shop_id);
    jout_field_int(&j, "level", r->level);
    jout_field_int(&j, "waited_s", waited_us / US_PER_S);
    jout_key(&j, "to");
    jout_array(&j);
    for (int role = 0; role < ROLE_COUNT; role++)
        if (to & ROLE_BIT(role))
            jout_cstr(&j, role_word((enum role)role));
    jout_array_end(&j);
    jout_object_end(&j);
    journal_append(s->tx, &(struct event_draft){.topic = TOPIC_NOTIFY_RING,
                                                .key = r->order_id,
                                                .actor = STR("service:notify"),
                                                .at_us = s->now_us,
                                                .payload = buf_str(&payload),
                                                .channels = &channel,
                                                .channel_count = 1});
}

/* An order that is about to ring, as the journal knows it. */
struct asking {
    bool answered; /* it has been */
};

static void look_for_answer(void *arg, const struct event *e)
{
    struct asking *a = arg;
    a->answered |= str_is(e->topic, TOPIC_ORDER_ACCEPTED) ||
                   str_is(e->topic, TOPIC_ORDER_REJECTED) ||
                   str_is(e->topic, TOPIC_ORDER_CANCELLED);
}

/* Was it answered by an event that is not reacted to yet? The reaction may be waiting behind this
 * very unit. */
static bool is_answered(const struct step *s, const struct ringing *r)
{
    struct asking a = {false};
    struct str channel = str_of(arena_printf(s->arena, "order:%.*s", STR_ARG(r->order_id)));
    bool more;
    (void)journal_read(s->tx, &channel, 1, s->reacted, INT64_MAX, ANSWER_MAX, look_for_answer, &a,
                       &more);
    return a.answered;
}

/* Rings when it has waited for one more every_s than at the step before, which no row has to
 * remember. */
static void step_order(struct step *s, struct ringing *r)
{
    const struct ring_terms *t = &s->shop.terms;
    r->level = level_at(t, r->since_us, s->now_us);
    bool rings =
        r->level > level_at(t, r->since_us, s->shop.stepped_us) && s->rung < RING_ORDERS_MAX;
    if (s->now_us - r->since_us >= t->max_s * US_PER_S || (rings && is_answered(s, r))) {
        ring_stop(s->tx, s->shop_id, r->order_id);
        return;
    }
    if (rings) {
        tell(s, r);
        s->rung++;
    }
    int64_t next_us = r->since_us + (r->level + 1) * t->every_s * US_PER_S;
    if (next_us < s->next_us)
        s->next_us = next_us;
}

void ring_due(struct db *tx, struct str shop_id, int64_t now_us)
{
    struct arena *arena = arena_new(ARENA_MAX);
    struct step s = {.tx = tx,
                     .arena = arena,
                     .shop_id = shop_id,
                     .shop = read_shop(tx, shop_id),
                     .now_us = now_us,
                     .reacted = follower_stored(tx, SERVICE),
                     .next_us = INT64_MAX};
    struct ringing *all = arena_alloc(arena, LOOK_MAX * sizeof *all);
    s.heard = somebody_hears(tx, shop_id, s.shop.terms.first);
    size_t count = read_orders(tx, arena, shop_id, LOOK_MAX, all);
    for (size_t i = 0; i < count; i++)
        step_order(&s, &all[i]);
    if (count == LOOK_MAX && s.next_us > now_us + STEP_MIN)
        s.next_us = now_us + STEP_MIN;
    db_exec(tx, "UPDATE notify_shops SET armed = 0, stepped = ? WHERE id = ?", DB_INT(now_us),
            DB_TEXT(shop_id));
    s.shop.armed_us = 0;
    if (s.next_us < INT64_MAX)
        arm(tx, shop_id, &s.shop, s.next_us > now_us + STEP_MIN ? s.next_us : now_us + STEP_MIN);
    arena_free(&arena);
}
