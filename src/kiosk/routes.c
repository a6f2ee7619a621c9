/* routes.c - kiosks over HTTP, for the shop's people: /v1/kiosks. */
#include "kiosk/routes.h"

#include "kiosk/kiosk.h"
#include "menu/menu.h"

static void write_kiosk(struct jout *j, const struct kiosk *k)
{
    jout_object(j);
    jout_field_str(j, "id", k->id);
    jout_field_str(j, "shop_id", k->shop_id);
    jout_field_str(j, "name", k->name);
    jout_field_cstr(j, "state", kiosk_state_word(k->state));
    jout_field_str(j, "order_id", k->order_id);
    jout_field_bool(j, "in_order", k->in_order);
    jout_field_time(j, "changed_at", k->changed_us);
    jout_object_end(j);
}

static void write_listed(void *arg, const struct kiosk *k)
{
    write_kiosk(arg, k);
}

static void list(struct request *rq, struct db *db)
{
    struct str shop;
    if (!request_shop(rq, WHO_STAFF, &shop))
        return;
    struct jout *j = reply_json(rq, 200);
    jout_array(j);
    kiosk_list(db, shop, rq->arena, write_listed, j);
    jout_array_end(j);
}

/* What a change wishes; what is not wished stays. */
struct wish {
    bool has_in_order; /* in_order counts */
    bool in_order;     /* takes orders */
    struct str name;   /* at == NULL: no wish */
};

static bool parse_change(struct request *rq)
{
    struct wish *w = rq->parsed = arena_alloc(rq->arena, sizeof *w);
    if (rq->body && !json_is_object(rq->body))
        return refuse_field(rq, PROBLEM_BAD_INPUT, "", "must be an object");
    const json_t *in_order = json_object_get(rq->body, "in_order");
    bool good = true;
    w->has_in_order = in_order != NULL;
    w->in_order = json_is_true(in_order);
    if (in_order && !json_is_boolean(in_order))
        good = refuse_field(rq, PROBLEM_BAD_INPUT, "/in_order", "must be true or false");
    w->name = json_text(rq->body, "name");
    if (json_object_get(rq->body, "name") && !(w->name.at && menu_name_clean(&w->name)))
        good = refuse_field(rq, PROBLEM_BAD_INPUT, "/name",
                            "must be text of 1 to 120 characters without control characters");
    return good;
}

/* Kiosks of other shops are nobody's business: 404, as if they did not exist. */
static void change(struct request *rq, struct db *tx)
{
    const struct wish *w = rq->parsed;
    struct kiosk k;
    if (!kiosk_find(tx, rq->params[0], rq->arena, &k) || !kiosk_allows(&k, &rq->caller)) {
        refuse(rq, PROBLEM_NOT_FOUND, "no such kiosk");
        return;
    }
    struct str actor = str_of(arena_printf(rq->arena, "account:%.*s", STR_ARG(rq->caller.id)));
    if (w->name.at)
        kiosk_rename(tx, &k, w->name, rq->now_us);
    if (w->has_in_order)
        kiosk_set_in_order(tx, rq->arena, &k, w->in_order, actor, rq->now_us);
    write_kiosk(reply_json(rq, 200), &k);
}

const struct route kiosk_routes[KIOSK_ROUTES] = {
    {.name = "kiosk.list",
     .method = "GET",
     .pattern = "/v1/kiosks",
     .who = WHO_STAFF,
     .on = RUN_READ,
     .run = list},
    {.name = "kiosk.change",
     .method = "PATCH",
     .pattern = "/v1/kiosks/{id}",
     .who = WHO_STAFF,
     .on = RUN_WRITE,
     .body_max = 4096,
     .parse = parse_change,
     .run = change},
};
