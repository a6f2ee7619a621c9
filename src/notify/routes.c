/* routes.c - notifications, rings and receipts over HTTP. */
#include "notify/routes.h"

#include "app/app.h"
#include "app/people.h"
#include "notify/look.h"
#include "notify/receipt.h"
#include "notify/ring.h"
#include "notify/told.h"

#define BODY_MAX  4096
#define LIMIT     50
#define LIMIT_MAX 200
#define FIRST_MAX 8 /* words in `first` */

/* ---- GET /v1/notifications ---- */

/* A number in the query; `otherwise` where there is none. False after refuse(). */
static bool query_number(struct request *rq, const char *name, int64_t otherwise, int64_t max,
                         int64_t *value_r)
{
    struct str text = request_query(rq, name);
    uint64_t value;
    *value_r = otherwise;
    if (!text.at)
        return true;
    if (!str_to_u64(text, (uint64_t)max, &value))
        return refuse(rq, PROBLEM_BAD_INPUT, "?%s= is no number in its range", name);
    *value_r = (int64_t)value;
    return true;
}

static bool parse_list(struct request *rq)
{
    struct inbox_page *page = rq->parsed = arena_alloc(rq->arena, sizeof *page);
    if (!query_number(rq, "after", -1, INT64_MAX, &page->after) ||
        !query_number(rq, "before", INT64_MAX, INT64_MAX, &page->before) ||
        !query_number(rq, "limit", LIMIT, LIMIT_MAX, &page->limit))
        return false;
    return page->limit > 0 || refuse(rq, PROBLEM_BAD_INPUT, "?limit= is 1 to 200");
}

/* Where a list is being written. */
struct listing {
    struct jout *j;         /* the array */
    enum language language; /* of the messages */
};

static void write_told(struct jout *j, const struct event *e, const char *member)
{
    struct str value = told_raw(e->payload, member);
    if (value.at)
        jout_field_raw(j, member, value);
}

static void write_entry(void *arg, const struct inbox_entry *entry)
{
    const struct listing *l = arg;
    struct jout *j = l->j;
    jout_object(j);
    jout_field_int(j, "seq", entry->e->seq);
    jout_field_str(j, "id", id_str(&entry->e->id));
    jout_field_time(j, "at", entry->e->at_us);
    jout_field_cstr(j, "event", entry->n->event);
    jout_field_cstr(j, "level", notice_level_word(entry->n->level));
    jout_field_str(j, "message", entry->n->message[l->language]);
    write_told(j, entry->e, "order_id");
    write_told(j, entry->e, "number");
    jout_field_bool(j, "seen", entry->seen);
    jout_field_bool(j, "acknowledged", entry->put_away);
    jout_object_end(j);
}

static void list(struct request *rq, struct db *db)
{
    struct boxes b = inbox_boxes(&rq->caller, rq->arena);
    struct listing l = {reply_json(rq, 200), rq->language};
    jout_array(l.j);
    inbox_list(db, rq->arena, &b, rq->parsed, write_entry, &l);
    jout_array_end(l.j);
}

/* ---- GET /v1/notifications/state ---- */

static void state(struct request *rq, struct db *db)
{
    struct boxes b = inbox_boxes(&rq->caller, rq->arena);
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_field_int(j, "unread", look_unread(rq, db, &b));
    jout_field_int(j, "seen_seq", inbox_seen(db, &b));
    jout_field_cstr(j, "epoch", journal_epoch(app_journal(rq->app)));
    jout_field_int(j, "seq", journal_snapshot_head(db));
    jout_object_end(j);
}

/* ---- POST /v1/notifications/seen, POST /v1/notifications/{seq}/acknowledge ---- */

static bool parse_seen(struct request *rq)
{
    int64_t *seq = rq->parsed = arena_alloc(rq->arena, sizeof *seq);
    return look_seq(rq, seq);
}

static void see(struct request *rq, struct db *tx)
{
    const int64_t *seq = rq->parsed;
    int64_t unread = look_see(rq, tx, *seq);
    if (unread < 0)
        return;
    struct boxes b = inbox_boxes(&rq->caller, rq->arena);
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_field_int(j, "unread", unread);
    jout_field_int(j, "seen_seq", inbox_seen(tx, &b));
    jout_object_end(j);
}

static bool parse_acknowledge(struct request *rq)
{
    int64_t *seq = rq->parsed = arena_alloc(rq->arena, sizeof *seq);
    uint64_t value;
    if (!str_to_u64(rq->params[0], INT64_MAX, &value))
        return refuse(rq, PROBLEM_NOT_FOUND, "no notice of yours");
    *seq = (int64_t)value;
    return true;
}

static void acknowledge(struct request *rq, struct db *tx)
{
    const int64_t *seq = rq->parsed;
    int64_t unread = look_put_away(rq, tx, *seq);
    if (unread < 0)
        return;
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_field_int(j, "unread", unread);
    jout_object_end(j);
}

/* ---- GET /v1/orders/{order_id}/alerts ---- */

/* Whose order it is, as its first event says. */
struct owners {
    struct arena *arena;   /* where the ids go */
    struct str shop_id;    /* at == NULL: it is not known */
    struct str account_id; /* at == NULL: nobody with an account */
};

static void read_owners(void *arg, const struct event *e)
{
    struct owners *o = arg;
    o->shop_id = arena_str(o->arena, told_text(o->arena, e->payload, "shop_id"));
    o->account_id = arena_str(o->arena, told_text(o->arena, e->payload, "account_id"));
}

static struct owners owners_of(struct request *rq, struct db *db, struct str order_id)
{
    struct owners o = {.arena = rq->arena};
    struct str channel = str_of(arena_printf(rq->arena, "order:%.*s", STR_ARG(order_id)));
    bool more;
    (void)journal_read(db, &channel, 1, 0, INT64_MAX, 1, read_owners, &o, &more);
    return o;
}

/* Where receipts are being written. */
struct telling {
    struct jout *j;      /* the array */
    struct db *db;       /* for names */
    struct arena *arena; /* for names */
};

static void write_time(struct jout *j, const char *key, int64_t at_us)
{
    jout_key(j, key);
    if (at_us > 0)
        jout_time(j, at_us);
    else
        jout_null(j);
}

static void write_receipt(void *arg, const struct receipt *r)
{
    const struct telling *t = arg;
    struct jout *j = t->j;
    struct person person = {0};
    if (!people_by_id(t->db, r->account_id, t->arena, &person))
        person.username = (struct str){0};
    jout_object(j);
    jout_field_int(j, "seq", r->seq);
    jout_field_str(j, "account_id", r->account_id);
    jout_field_str(j, "username", person.username);
    jout_field_str(j, "device", r->device.len > 0 ? r->device : (struct str){0});
    jout_field_str(j, "event", r->event);
    write_time(j, "sent_at", r->sent_us);
    write_time(j, "delivered_at", r->delivered_us);
    write_time(j, "seen_at", r->seen_us);
    write_time(j, "acted_at", r->acted_us);
    jout_field_str(j, "action", r->action);
    jout_object_end(j);
}

/* The shop's staff see who saw what; its customer, what came to his own devices. */
static void alerts(struct request *rq, struct db *db)
{
    const struct caller *c = &rq->caller;
    struct id id = {0};
    struct owners o = {0};
    if (id_parse(rq->params[0], &id))
        o = owners_of(rq, db, id_str(&id));
    bool staff = o.shop_id.at && caller_works_in(c, o.shop_id, WHO_STAFF);
    if (!staff && !(o.account_id.at && str_eq(o.account_id, c->id))) {
        refuse(rq, PROBLEM_NOT_FOUND, "no such order");
        return;
    }
    struct telling t = {reply_json(rq, 200), db, rq->arena};
    jout_array(t.j);
    receipt_list(db, id_str(&id), staff ? (struct str){0} : c->id, write_receipt, &t);
    jout_array_end(t.j);
}

/* ---- GET, PUT /v1/shops/{shop_id}/ring ---- */

/* False after refuse(). */
static bool may_ring(struct request *rq)
{
    struct id id;
    if (!id_parse(rq->params[0], &id))
        return refuse(rq, PROBLEM_NOT_FOUND, "no such shop");
    rq->params[0] = arena_str(rq->arena, id_str(&id));
    return caller_works_in(&rq->caller, rq->params[0], WHO_HEADS) ||
           refuse(rq, PROBLEM_FORBIDDEN, "not a shop of yours");
}

static void write_terms(struct request *rq, const struct ring_terms *t)
{
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_field_int(j, "every_s", t->every_s);
    jout_field_int(j, "escalate_after_s", t->escalate_after_s);
    jout_key(j, "first");
    jout_array(j);
    for (int r = 0; r < ROLE_COUNT; r++)
        if (t->first & ROLE_BIT(r))
            jout_cstr(j, role_word((enum role)r));
    jout_array_end(j);
    jout_field_int(j, "max_s", t->max_s);
    jout_object_end(j);
}

static void get_ring(struct request *rq, struct db *db)
{
    if (!may_ring(rq))
        return;
    struct ring_terms t = ring_terms(db, rq->params[0]);
    write_terms(rq, &t);
}

/* What a body says; at the beginning nothing is said. */
struct ring_wish {
    bool says_every;         /* .every_s is said, and so on */
    bool says_escalate;      /* .escalate_after_s */
    bool says_first;         /* .first */
    bool says_max;           /* .max_s */
    struct ring_terms terms; /* what is said */
};

static bool parse_seconds(struct request *rq, const char *name, int64_t min, int64_t max,
                          bool *said_r, int64_t *value_r)
{
    const json_t *value = json_object_get(rq->body, name);
    *said_r = value != NULL;
    if (!value || (json_int(rq->body, name, value_r) && *value_r >= min && *value_r <= max))
        return true;
    return refuse_field(rq, PROBLEM_BAD_INPUT, arena_printf(rq->arena, "/%s", name),
                        arena_printf(rq->arena, "seconds, %d to %d", (int)min, (int)max));
}

static bool parse_first(struct request *rq, struct ring_wish *w)
{
    const json_t *words = json_object_get(rq->body, "first");
    bool ok = !words || (json_is_array(words) && json_array_size(words) <= FIRST_MAX);
    for (size_t i = 0; ok && i < json_array_size(words); i++) {
        enum role role;
        ok = role_parse(json_slice(json_array_get(words, i)), &role) &&
             (RING_ROLES & ROLE_BIT(role));
        if (ok)
            w->terms.first |= ROLE_BIT(role);
    }
    w->says_first = words != NULL;
    return (ok && (!words || w->terms.first)) ||
           refuse_field(rq, PROBLEM_BAD_INPUT, "/first",
                        "some of owner, manager and barista, at least one");
}

static bool parse_ring(struct request *rq)
{
    struct ring_wish *w = rq->parsed = arena_alloc(rq->arena, sizeof *w);
    struct ring_terms *t = &w->terms;
    if (!json_is_object(rq->body))
        return refuse_field(rq, PROBLEM_BAD_INPUT, "", "must be an object");
    bool every =
        parse_seconds(rq, "every_s", RING_EVERY_MIN, RING_EVERY_MAX, &w->says_every, &t->every_s);
    bool escalate = parse_seconds(rq, "escalate_after_s", 0, RING_ESCALATE_MAX, &w->says_escalate,
                                  &t->escalate_after_s);
    bool max = parse_seconds(rq, "max_s", 0, RING_MAX_MAX, &w->says_max, &t->max_s);
    return parse_first(rq, w) && every && escalate && max;
}

static void put_ring(struct request *rq, struct db *tx)
{
    const struct ring_wish *w = rq->parsed;
    if (!may_ring(rq))
        return;
    struct ring_terms t = ring_terms(tx, rq->params[0]);
    t.every_s = w->says_every ? w->terms.every_s : t.every_s;
    t.escalate_after_s = w->says_escalate ? w->terms.escalate_after_s : t.escalate_after_s;
    t.first = w->says_first ? w->terms.first : t.first;
    t.max_s = w->says_max ? w->terms.max_s : t.max_s;
    ring_set_terms(tx, rq->params[0], &t, rq->now_us);
    write_terms(rq, &t);
}

const struct route notify_routes[NOTIFY_ROUTES] = {
    {.name = "notify.list",
     .method = "GET",
     .pattern = "/v1/notifications",
     .who = WHO_PERSON,
     .flags = ROUTE_FOLLOWS,
     .on = RUN_READ,
     .parse = parse_list,
     .run = list},
    {.name = "notify.state",
     .method = "GET",
     .pattern = "/v1/notifications/state",
     .who = WHO_PERSON,
     .flags = ROUTE_FOLLOWS,
     .on = RUN_READ,
     .run = state},
    {.name = "notify.see",
     .method = "POST",
     .pattern = "/v1/notifications/seen",
     .who = WHO_PERSON,
     .flags = ROUTE_FOLLOWS,
     .on = RUN_WRITE,
     .body_max = BODY_MAX,
     .parse = parse_seen,
     .run = see},
    {.name = "notify.acknowledge",
     .method = "POST",
     .pattern = "/v1/notifications/{seq}/acknowledge",
     .who = WHO_PERSON,
     .flags = ROUTE_FOLLOWS,
     .on = RUN_WRITE,
     .body_max = BODY_MAX,
     .parse = parse_acknowledge,
     .run = acknowledge},
    {.name = "notify.alerts",
     .method = "GET",
     .pattern = "/v1/orders/{order_id}/alerts",
     .who = WHO_PERSON,
     .flags = ROUTE_FOLLOWS,
     .on = RUN_READ,
     .run = alerts},
    {.name = "ring.get",
     .method = "GET",
     .pattern = "/v1/shops/{shop_id}/ring",
     .who = WHO_HEADS,
     .on = RUN_READ,
     .run = get_ring},
    {.name = "ring.set",
     .method = "PUT",
     .pattern = "/v1/shops/{shop_id}/ring",
     .who = WHO_HEADS,
     .on = RUN_WRITE,
     .body_max = BODY_MAX,
     .parse = parse_ring,
     .run = put_ring},
};
