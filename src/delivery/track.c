/* track.c - the public tracking of an order.
 *
 * DESIGN. A page that tracks must be told of every change, but an event is shown to it without
 * looking into any database, and those of order and delivery name people. So delivery appends an
 * event of its own after every change, delivery.track, on a channel of its own, track:<order id>:
 * its payload is the facts of the page and no more. The labels for people are put beside each
 * status when it is shown, here and in the answer of GET alike, because facts are kept for months
 * and labels can be had at any time. The price: one more event for each change of an order that
 * perhaps nobody tracks; placing one, which is most of the work, tells none. */
#include "delivery/track.h"

#include "app/topic.h"
#include "app/track_link.h"
#include "base/json.h"
#include "journal/journal.h"

static struct str channel_of(struct arena *arena, struct str order_id)
{
    return str_of(arena_printf(arena, "track:%.*s", STR_ARG(order_id)));
}

/* ---- The facts, as they stand in events ---- */

static void write_shop(struct jout *j, struct db *db, struct str shop_id)
{
    struct db_rows *rows =
        db_query(db, "SELECT name, timezone FROM delivery_shops WHERE id = ?", DB_TEXT(shop_id));
    bool known = db_row(rows);
    jout_key(j, "shop");
    jout_object(j);
    jout_field_str(j, "name", known ? db_text(rows, 0) : STR(""));
    if (known && db_text(rows, 1).at)
        jout_field_str(j, "timezone", db_text(rows, 1));
    jout_object_end(j);
    db_end(rows);
}

static void write_state(struct jout *j, enum order_state state, int64_t at_us)
{
    jout_object(j);
    jout_field_cstr(j, "status", order_state_word(state));
    jout_field_time(j, "at", at_us);
    jout_object_end(j);
}

static void write_move(void *arg, const struct delivery_move *m)
{
    write_state(arg, m->to, m->at_us);
}

static struct str facts(struct db *db, struct arena *arena, const struct delivery *d)
{
    struct buf out = buf_in(arena);
    struct jout j = jout_to(&out);
    jout_object(&j);
    jout_field_str(&j, "order_id", d->order_id);
    jout_field_str(&j, "language", d->language);
    jout_field_str(&j, "number", d->number);
    write_shop(&j, db, d->shop_id);
    jout_field_cstr(&j, "status", order_state_word(d->state));
    if (d->eta_us > 0)
        jout_field_time(&j, "eta_at", d->eta_us);
    jout_field_time(&j, "ordered_at", d->ordered_us);
    jout_key(&j, "items");
    delivery_write_items(&j, d->items);
    jout_key(&j, "history");
    jout_array(&j);
    write_state(&j, ORDER_RECEIVED, d->received_us);
    delivery_history(db, d->order_id, write_move, &j);
    jout_array_end(&j);
    jout_object_end(&j);
    return buf_str(&out);
}

void track_tell(struct db *tx, struct arena *arena, const struct delivery *d)
{
    struct str channel = channel_of(arena, d->order_id);
    journal_append(tx, &(struct event_draft){.topic = TOPIC_DELIVERY_TRACK,
                                             .key = d->order_id,
                                             .actor = STR("service:delivery"),
                                             .at_us = d->updated_us,
                                             .payload = facts(tx, arena, d),
                                             .channels = &channel,
                                             .channel_count = 1});
}

/* ---- The facts, as people are shown them ---- */

static void write_status(struct jout *j, struct str word, enum language language)
{
    enum order_state state;
    if (!order_state_parse(word, &state))
        return;
    jout_field_cstr(j, "status", order_state_word(state));
    jout_field_cstr(j, "label", order_state_label(state, language));
    jout_key(j, "labels");
    jout_object(j);
    for (int l = 0; l < LANG_COUNT; l++)
        jout_field_cstr(j, language_tag((enum language)l),
                        order_state_label(state, (enum language)l));
    jout_object_end(j);
}

/* What may be seen beside each status. */
static const char *const shown[] = {"number", "shop", "eta_at", "ordered_at", "items", "at"};

static void show(struct jout *j, struct str text, enum language language);

static void show_history(struct jout *j, struct str text, enum language language)
{
    struct json_walk w = json_walk(text);
    struct str key;
    struct str value;
    jout_key(j, "history");
    jout_array(j);
    while (json_walk_next(&w, &key, &value))
        show(j, value, language);
    jout_array_end(j);
}

/* The facts, or one line of their history. */
static void show(struct jout *j, struct str text, enum language language)
{
    struct json_walk w = json_walk(text);
    struct str key;
    struct str value;
    jout_object(j);
    while (json_walk_next(&w, &key, &value)) {
        if (str_is(key, "status") && value.len > 2)
            write_status(j, (struct str){value.at + 1, value.len - 2}, language);
        else if (str_is(key, "history"))
            show_history(j, value, language);
        for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
            if (str_is(key, shown[i]))
                jout_field_raw(j, shown[i], value);
        }
    }
    jout_object_end(j);
}

/* ---- Links ---- */

/* The order a link is about, in the arena; false after refuse(). */
static bool read_link(struct request *rq, struct str link, struct str *order_id_r)
{
    return track_link_read(rq, link, order_id_r) ||
           refuse(rq, PROBLEM_NOT_FOUND, "not a link to an order");
}

bool track_parse(struct request *rq)
{
    return read_link(rq, rq->params[0], &rq->params[0]);
}

void track_get(struct request *rq, struct db *db)
{
    struct delivery d;
    if (delivery_find(db, rq->params[0], rq->arena, &d))
        show(reply_json(rq, 200), facts(db, rq->arena, &d), rq->language);
    else
        refuse(rq, PROBLEM_NOT_FOUND, "the shop has not been told of the order yet");
}

/* ---- The socket ---- */

/* Whoever is logged in is nobody in particular here: the link alone counts, and the socket outlives
 * his token. */
bool track_admit(struct request *rq, struct socket_admission *a)
{
    rq->caller = (struct caller){0};
    if (!read_link(rq, request_query(rq, "link"), &a->subject))
        return false;
    a->channels[0] = channel_of(rq->arena, a->subject);
    a->channel_count = 1;
    return true;
}

/* An order that still waits for its payment is not known here: its first frame comes when it is
 * paid. */
void track_snapshot(struct request *rq, struct db *db, int64_t head)
{
    struct delivery d;
    (void)head;
    if (!delivery_find(db, rq->params[0], rq->arena, &d))
        return;
    show(reply_event(rq, "TRACK"), facts(db, rq->arena, &d), rq->language);
    reply_event_end(rq);
}

/* In the order's own language; whoever reads another finds his own among the labels. */
bool track_render(const struct event *e, struct buf *out)
{
    struct json_walk w = json_walk(e->payload);
    struct str key;
    struct str value;
    enum language language = LANG_EN;
    if (!str_is(e->topic, TOPIC_DELIVERY_TRACK))
        return false;
    while (json_walk_next(&w, &key, &value)) {
        if (str_is(key, "language") && value.len > 2 &&
            !language_parse((struct str){value.at + 1, value.len - 2}, &language))
            language = LANG_EN;
    }
    struct jout j = jout_to(out);
    jout_object(&j);
    jout_field_cstr(&j, "event", "TRACK");
    jout_key(&j, "values");
    show(&j, e->payload, language);
    jout_object_end(&j);
    return true;
}
