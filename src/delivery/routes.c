/* routes.c - deliveries over HTTP: what a shop has to do, how an order stands, and moving it on. */
#include "delivery/routes.h"

#include "app/people.h"
#include "app/track_link.h"
#include "base/money.h"
#include "delivery/hand.h"
#include "delivery/track.h"

#define BODY_MAX 4096
#define NOTE_MAX 200 /* characters */

static void write_state(struct jout *j, enum order_state state, enum language language)
{
    jout_field_cstr(j, "status", order_state_word(state));
    jout_field_cstr(j, "label", order_state_label(state, language));
}

/* ---- GET /delivery-ms/{status} ---- */

struct list_query {
    struct request_page page; /* which part */
    enum order_state state;   /* in which state */
    struct str shop_id;       /* of which shop; at == NULL: of all */
};

static bool parse_list(struct request *rq)
{
    struct list_query *q = rq->parsed = arena_alloc(rq->arena, sizeof *q);
    if (!order_state_parse(rq->params[0], &q->state))
        return refuse(rq, PROBLEM_NOT_FOUND, "there is no such status");
    return request_page(rq, &q->page) && request_shop(rq, WHO_CREW, &q->shop_id);
}

/* Where a list is being written. */
struct listing {
    struct jout *j;         /* the array */
    enum language language; /* of the labels */
};

static void write_listed(void *arg, const struct delivery *d)
{
    struct listing *l = arg;
    struct jout *j = l->j;
    enum currency currency;
    CHECK(currency_parse(d->currency, &currency));
    jout_object(j);
    jout_field_str(j, "order_id", d->order_id);
    jout_field_str(j, "user_id", delivery_user(d));
    jout_field_str(j, "number", d->number);
    jout_field_str(j, "shop_id", d->shop_id);
    jout_field_given(j, "kiosk_id", d->kiosk_id);
    write_state(j, d->state, l->language);
    jout_key(j, "items");
    delivery_write_items(j, d->items);
    money_field(j, "total", d->total, currency);
    jout_field_str(j, "currency", d->currency);
    jout_field_str(j, "pay", d->pay);
    jout_field_time(j, "ordered_at", d->ordered_us);
    jout_field_time(j, "updated_at", d->updated_us);
    if (d->eta_us > 0)
        jout_field_time(j, "eta_at", d->eta_us);
    jout_object_end(j);
}

static void list(struct request *rq, struct db *db)
{
    const struct list_query *q = rq->parsed;
    struct listing l = {.j = reply_json(rq, 200), .language = rq->language};
    jout_array(l.j);
    delivery_list(db, q->shop_id, q->state, q->page.before, q->page.limit, write_listed, &l);
    jout_array_end(l.j);
}

/* ---- GET /delivery-ms/{user_id}/{order_id} ---- */

/* The delivery that the path names, if the caller may see it; else 404, whether it exists or not.
 */
static bool find(struct request *rq, struct db *db, struct delivery *d)
{
    const struct caller *c = &rq->caller;
    struct id id;
    if (id_parse(rq->params[1], &id) && delivery_find(db, id_str(&id), rq->arena, d) &&
        str_eq(delivery_user(d), rq->params[0]) &&
        ((d->account_id.at && str_eq(d->account_id, c->id)) ||
         caller_works_in(c, d->shop_id, WHO_CREW)))
        return true;
    refuse(rq, PROBLEM_NOT_FOUND, "no such order");
    return false;
}

/* Where a history is being written. */
struct telling {
    struct jout *j;         /* the array */
    struct db *db;          /* for names */
    struct arena *arena;    /* for names */
    enum language language; /* of the labels */
};

static void write_move(void *arg, const struct delivery_move *m)
{
    const struct telling *t = arg;
    jout_object(t->j);
    write_state(t->j, m->to, t->language);
    jout_field_time(t->j, "at", m->at_us);
    jout_field_str(t->j, "by", people_actor_name(t->db, m->actor, t->arena));
    jout_field_given(t->j, "note", m->note);
    jout_object_end(t->j);
}

/* An order and its whole history; its first line stands in its row. */
static void answer_one(struct request *rq, struct db *db, const struct delivery *d)
{
    struct jout *j = reply_json(rq, 200);
    struct telling t = {.j = j, .db = db, .arena = rq->arena, .language = rq->language};
    jout_object(j);
    jout_field_str(j, "order_id", d->order_id);
    write_state(j, d->state, rq->language);
    jout_field_str(j, "number", d->number);
    if (d->eta_us > 0)
        jout_field_time(j, "eta_at", d->eta_us);
    jout_key(j, "history");
    jout_array(j);
    write_move(&t, &(struct delivery_move){
                       .to = ORDER_RECEIVED, .at_us = d->received_us, .actor = delivery_user(d)});
    delivery_history(db, d->order_id, write_move, &t);
    jout_array_end(j);
    jout_field_str(j, "track", track_link_path(rq, d->order_id, rq->arena));
    jout_object_end(j);
}

static void get(struct request *rq, struct db *db)
{
    struct delivery d;
    if (find(rq, db, &d))
        answer_one(rq, db, &d);
}

/* ---- PATCH /delivery-ms/{user_id}/{order_id} ---- */

struct wish {
    enum order_state to; /* where it shall go */
    struct str note;     /* why; at == NULL: not said */
};

/* Text of one line that people read. */
static bool note_fits(struct str note)
{
    for (size_t i = 0; i < note.len; i++) {
        if ((unsigned char)note.at[i] < 0x20 || note.at[i] == 0x7f)
            return false;
    }
    return str_utf8_len(note) <= NOTE_MAX;
}

static bool parse_move(struct request *rq)
{
    struct wish *w = rq->parsed = arena_alloc(rq->arena, sizeof *w);
    const json_t *note = json_object_get(rq->body, "note");
    bool ok = true;
    if (!order_state_parse(json_text(rq->body, "status"), &w->to))
        ok = refuse_field(rq, PROBLEM_BAD_INPUT, "/status",
                          "preparing, ready, delivering, delivered or failed");
    w->note = str_trim(json_slice(note));
    if (note && !json_is_null(note) && (!json_is_string(note) || !note_fits(w->note)))
        ok = refuse_field(rq, PROBLEM_BAD_INPUT, "/note",
                          "text of one line and at most 200 characters");
    if (w->note.len == 0)
        w->note = (struct str){0};
    return ok;
}

/* Of the staff of its shop, or a courier there? */
static bool is_staff(const struct request *rq, const struct delivery *d)
{
    return caller_works_in(&rq->caller, d->shop_id, WHO_STAFF);
}

/* "preparing or failed", in the arena; empty when there is none. */
static const char *allowed(struct request *rq, const struct delivery *d)
{
    struct buf words = buf_in(rq->arena);
    for (int s = 0; s < ORDER_STATE_COUNT; s++) {
        if (!hand_may(d, (enum order_state)s, is_staff(rq, d)))
            continue;
        buf_addf(&words, "%s%s", words.len > 0 ? " or " : "",
                 order_state_word((enum order_state)s));
    }
    return buf_cstr(&words);
}

static void refuse_move(struct request *rq, const struct delivery *d, enum order_state to)
{
    const char *word = order_state_word(d->state);
    const char *moves = allowed(rq, d);
    if (!hand_says(to))
        refuse(rq, PROBLEM_MOVE_NOT_ALLOWED,
               "%s is order's to say: PATCH /order-receive/{order_id} accepts or rejects, DELETE"
               " /order-ms/{user_id}/orders/{order_id} cancels",
               order_state_word(to));
    else if (d->state == ORDER_RECEIVED)
        refuse(rq, PROBLEM_MOVE_NOT_ALLOWED,
               "an order that is received goes on at PATCH /order-receive/{order_id}");
    else if (*moves)
        refuse(rq, PROBLEM_MOVE_NOT_ALLOWED, "you may move an order that is %s to %s", word, moves);
    else
        refuse(rq, PROBLEM_MOVE_NOT_ALLOWED, "you may not move an order that is %s", word);
}

static void move(struct request *rq, struct db *tx)
{
    const struct wish *w = rq->parsed;
    const struct delivery_move m = {.to = w->to,
                                    .at_us = rq->now_us,
                                    .actor = request_actor(rq),
                                    .device = rq->caller.session,
                                    .note = w->note};
    struct delivery d;
    if (!find(rq, tx, &d))
        return;
    if (!caller_works_in(&rq->caller, d.shop_id, WHO_CREW))
        refuse(rq, PROBLEM_FORBIDDEN, "for the crew of the order's shop");
    else if (hand_move(tx, rq->arena, &d, &m, is_staff(rq, &d)))
        answer_one(rq, tx, &d);
    else
        refuse_move(rq, &d, w->to);
}

const struct route delivery_routes[DELIVERY_ROUTES] = {
    {.name = "delivery.list",
     .method = "GET",
     .pattern = "/delivery-ms/{status}",
     .who = WHO_CREW,
     .flags = ROUTE_FOLLOWS,
     .on = RUN_READ,
     .parse = parse_list,
     .run = list},
    {.name = "delivery.get",
     .method = "GET",
     .pattern = "/delivery-ms/{user_id}/{order_id}",
     .who = WHO_PERSON,
     .flags = ROUTE_OWN_USER | ROUTE_CREW | ROUTE_FOLLOWS,
     .on = RUN_READ,
     .run = get},
    {.name = "delivery.move",
     .method = "PATCH",
     .pattern = "/delivery-ms/{user_id}/{order_id}",
     .who = WHO_CREW,
     .flags = ROUTE_FOLLOWS,
     .on = RUN_WRITE,
     .body_max = BODY_MAX,
     .parse = parse_move,
     .run = move},
    {.name = "delivery.track",
     .method = "GET",
     .pattern = "/v1/track/{link}",
     .who = WHO_ANYONE,
     .flags = ROUTE_FOLLOWS,
     .on = RUN_READ,
     .parse = track_parse,
     .run = track_get},
};
