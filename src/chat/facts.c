/* facts.c - what the journal tells of an order. */
#include "chat/facts.h"

#include "app/topic.h"
#include "base/json.h"

/* Facts being gathered. */
struct gathering {
    struct facts *facts;
    struct arena *arena; /* for what is kept */
    bool known;          /* the order was placed */
};

/* Empty text is no text. */
static struct str given(struct arena *arena, const json_t *order, const char *key)
{
    struct str value = json_text(order, key);
    return value.len > 0 ? arena_str(arena, value) : (struct str){0};
}

static void read_order(struct gathering *g, const struct event *e)
{
    const char *why;
    struct facts *f = g->facts;
    json_t *order = json_read(e->payload, &why);
    f->number = given(g->arena, order, "number");
    f->shop_id = given(g->arena, order, "shop_id");
    f->account_id = given(g->arena, order, "account_id");
    if (!language_parse(json_text(order, "language"), &f->language))
        f->language = LANG_EN;
    g->known = f->number.at && f->shop_id.at;
    json_decref(order);
}

static void visit(void *arg, const struct event *e)
{
    struct gathering *g = arg;
    struct facts *f = g->facts;
    struct move_words words;
    if (str_is(e->topic, TOPIC_ORDER_PLACED))
        read_order(g, e);
    if (move_ends(e))
        f->ended_us = e->at_us;
    if (f->move_count < FACTS_MOVES_MAX && move_say(e, f->language, g->arena, &words))
        f->moves[f->move_count++] = (struct fact_move){words, e->at_us};
}

bool facts_read(struct db *db, struct str order_id, struct arena *arena, struct facts *facts_r)
{
    struct str channel = str_of(arena_printf(arena, "order:%.*s", STR_ARG(order_id)));
    struct gathering g = {.facts = facts_r, .arena = arena};
    bool more = true;
    *facts_r =
        (struct facts){.order_id = arena_str(arena, order_id),
                       .seq = journal_snapshot_head(db),
                       .moves = arena_alloc(arena, FACTS_MOVES_MAX * sizeof(struct fact_move))};
    for (int64_t after = 0; more && db->status == DB_OK;)
        after =
            journal_read(db, &channel, 1, after, facts_r->seq, JOURNAL_PAGE_MAX, visit, &g, &more);
    return g.known;
}
