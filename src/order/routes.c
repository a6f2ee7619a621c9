/* routes.c - orders over HTTP: /order-ms, as the coffee shop's clients know it, and the table of
 * all routes of orders. */
#include "order/routes.h"

#include "account/account.h"
#include "app/people.h"
#include "app/track_link.h"
#include "order/order.h"
#include "order/parse.h"
#include "order/receive.h"
#include "order/write.h"

/* 50 lines with all that may be chosen about them. */
#define BODY_MAX 65536

static void welcome(struct request *rq, struct db *db)
{
    (void)db;
    reply_bytes(rq, 200, "text/plain; charset=utf-8", STR("Welcome to ORDER Microservice!"));
}

/* ---- Whose orders the URL speaks of ---- */

static bool own(const struct request *rq)
{
    return str_eq(rq->params[0], rq->caller.username);
}

/* The person of {user_id}; false after refuse(). */
static bool find_person(struct request *rq, struct db *db, struct account *a)
{
    if (own(rq)) {
        *a = (struct account){.id = rq->caller.id, .username = rq->caller.username};
        return true;
    }
    return account_by_username(db, rq->params[0], rq->arena, a) ||
           refuse(rq, PROBLEM_NOT_FOUND, "no such user");
}

/* The order that {order_id} names, if the caller may see it; else 404, whether it exists or not.
 * The dispatcher has let pass the person himself and staff (ROUTE_OWN_USER): one's own orders are
 * seen whole, those of others only as far as one's shops make them. */
static bool find_order(struct request *rq, struct db *db, struct order *o)
{
    struct account a;
    struct id id;
    if (!find_person(rq, db, &a))
        return false;
    if (id_parse(rq->params[1], &id) && order_find(db, id_str(&id), rq->arena, o) &&
        str_eq(o->account_id, a.id) &&
        (own(rq) || caller_works_in(&rq->caller, o->shop_id, WHO_STAFF)))
        return true;
    refuse(rq, PROBLEM_NOT_FOUND, "no such order");
    return false;
}

/* ---- Placing ---- */

/* Staff order for others in a shop of theirs. */
static bool staffs_shop(struct request *rq, struct order_draft *d)
{
    if (!d->shop_id.at)
        return request_shop(rq, WHO_STAFF, &d->shop_id);
    return caller_works_in(&rq->caller, d->shop_id, WHO_STAFF) ||
           refuse(rq, PROBLEM_FORBIDDEN, "staff order for others in their own shops only");
}

static bool parse_place(struct request *rq)
{
    if (!order_parse(rq))
        return false;
    struct order_form *form = rq->parsed;
    return own(rq) || staffs_shop(rq, &form->draft);
}

static void place(struct request *rq, struct db *tx)
{
    struct account a;
    struct order o;
    if (!find_person(rq, tx, &a))
        return;
    struct jout *j = order_place_form(rq, tx, a.id, a.username, &o);
    if (j)
        jout_object_end(j);
}

/* ---- Lists ---- */

/* What a list is asked for. */
struct wish {
    struct request_page page;
    struct str shop_id; /* only orders of this shop; at == NULL: all of them */
};

static bool parse_list(struct request *rq)
{
    struct wish *w = rq->parsed = arena_alloc(rq->arena, sizeof *w);
    return request_page(rq, &w->page) && (own(rq) || request_shop(rq, WHO_STAFF, &w->shop_id));
}

/* Where a list is being written. */
struct listing {
    struct request *rq; /* for whom */
    struct db *db;      /* for the lines */
    struct jout *j;     /* the array */
};

static void write_listed(void *arg, struct order *o, struct arena *scratch)
{
    struct listing *l = arg;
    order_read_lines(l->db, scratch, o);
    order_write(l->j, o, track_link_path(l->rq, o->id, scratch));
    jout_object_end(l->j);
}

static void list(struct request *rq, struct db *db)
{
    const struct wish *w = rq->parsed;
    struct account a;
    if (!find_person(rq, db, &a))
        return;
    struct listing l = {.rq = rq, .db = db, .j = reply_json(rq, 200)};
    jout_array(l.j);
    order_list(db, a.id, w->shop_id, w->page.before, w->page.limit, write_listed, &l);
    jout_array_end(l.j);
}

/* ---- One ---- */

static void get(struct request *rq, struct db *db)
{
    struct order o;
    if (!find_order(rq, db, &o))
        return;
    order_read_lines(db, rq->arena, &o);
    struct jout *j = reply_json(rq, 200);
    order_write(j, &o, track_link_path(rq, o.id, rq->arena));
    order_write_history(j, db, rq->arena, &o, caller_works_in(&rq->caller, o.shop_id, WHO_STAFF));
    jout_object_end(j);
}

static void cancel(struct request *rq, struct db *tx)
{
    struct order o;
    if (!find_order(rq, tx, &o))
        return;
    bool customer = str_eq(o.account_id, rq->caller.id);
    struct order_act act = order_act_of(rq);
    act.reason = customer ? STR("customer") : STR("staff");
    enum order_cancelled done = order_cancel(tx, rq->arena, &o, &act);
    if (done == CANCEL_TOO_LATE) {
        order_refuse_move(rq, &o);
        return;
    }
    order_read_lines(tx, rq->arena, &o);
    struct jout *j = reply_json(rq, done == CANCEL_ASKED ? 202 : 200);
    order_write(j, &o, track_link_path(rq, o.id, rq->arena));
    jout_object_end(j);
}

/* What payment and delivery have told is seen by whoever asks after it (ROUTE_FOLLOWS). Placing an
 * order waits for nothing. */
const struct route order_routes[ORDER_ROUTES] = {
    {.name = "order.welcome",
     .method = "GET",
     .pattern = "/order-ms",
     .who = WHO_ANYONE,
     .on = RUN_HERE,
     .run = welcome},
    {.name = "order.place",
     .method = "POST",
     .pattern = "/order-ms/{user_id}/orders",
     .who = WHO_PERSON,
     .flags = ROUTE_OWN_USER,
     .on = RUN_WRITE,
     .body_max = BODY_MAX,
     .parse = parse_place,
     .run = place},
    {.name = "order.list",
     .method = "GET",
     .pattern = "/order-ms/{user_id}/orders",
     .who = WHO_PERSON,
     .flags = ROUTE_OWN_USER | ROUTE_FOLLOWS,
     .on = RUN_READ,
     .parse = parse_list,
     .run = list},
    {.name = "order.get",
     .method = "GET",
     .pattern = "/order-ms/{user_id}/orders/{order_id}",
     .who = WHO_PERSON,
     .flags = ROUTE_OWN_USER | ROUTE_FOLLOWS,
     .on = RUN_READ,
     .run = get},
    {.name = "order.cancel",
     .method = "DELETE",
     .pattern = "/order-ms/{user_id}/orders/{order_id}",
     .who = WHO_PERSON,
     .flags = ROUTE_OWN_USER | ROUTE_FOLLOWS,
     .on = RUN_WRITE,
     .run = cancel},
    {.name = "order.submit",
     .method = "POST",
     .pattern = "/order",
     .who = WHO_PERSON,
     .flags = ROUTE_LENIENT_JSON | ROUTE_KOREAN,
     .on = RUN_WRITE,
     .body_max = BODY_MAX,
     .parse = order_parse_submit,
     .run = order_submit},
    {.name = "order.receive",
     .method = "PATCH",
     .pattern = "/order-receive/{order_id}",
     .who = WHO_STAFF,
     .flags = ROUTE_LENIENT_JSON | ROUTE_ANY_BODY | ROUTE_KOREAN | ROUTE_FOLLOWS,
     .on = RUN_WRITE,
     .body_max = 4096,
     .parse = order_parse_receive,
     .run = order_receive},
};
