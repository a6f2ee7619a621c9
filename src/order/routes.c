/* routes.c - orders over HTTP: /order-ms, as the coffee shop's clients know it. */
#include "order/routes.h"

#include "account/account.h"
#include "menu/menu.h"
#include "order/order.h"
#include "order/parse.h"
#include "shop/shop.h"

#define LIST_DEFAULT 50
#define LIST_MAX     200

static void welcome(struct request *rq, struct db *db)
{
    (void)db;
    reply_bytes(rq, 200, "text/plain; charset=utf-8", STR("Welcome to ORDER Microservice!"));
}

static void write_lines(struct jout *j, const struct order *o)
{
    jout_array(j);
    for (size_t i = 0; i < o->line_count; i++) {
        const struct order_line *line = &o->lines[i];
        jout_object(j);
        jout_field_str(j, "product_id", line->product_id);
        jout_field_str(j, "name", line->name);
        jout_field_int(j, "qty", line->qty);
        money_field(j, "price", line->price, o->currency);
        jout_object_end(j);
    }
    jout_array_end(j);
}

/* An order as the clients of /order-ms read it; an order of one thing also under the names of their
 * first day. */
static void write_order(struct jout *j, const struct order *o)
{
    jout_object(j);
    jout_field_str(j, "order_id", o->id);
    jout_field_str(j, "user_id", o->username);
    jout_field_str(j, "shop_id", o->shop_id);
    jout_field_str(j, "number", o->number);
    jout_field_cstr(j, "status", order_state_word(o->state));
    jout_field_str(j, "pay", o->pay);
    if (o->line_count == 1) {
        jout_field_str(j, "coffee_name", o->lines[0].name);
        money_field(j, "coffee_price", o->lines[0].price, o->currency);
        jout_field_int(j, "coffee_qty", o->lines[0].qty);
    }
    jout_key(j, "items");
    write_lines(j, o);
    money_field(j, "total", o->total, o->currency);
    jout_field_cstr(j, "currency", currency_name(o->currency));
    jout_field_time(j, "ordered_at", o->placed_us);
    jout_field_time(j, "updated_at", o->updated_us);
    jout_object_end(j);
}

/* Whose orders the URL speaks of, and which of them the caller may see. */
struct view {
    struct str account_id; /* the person of {user_id} */
    struct str username;   /* his username */
    struct str shop_id;    /* only orders of this shop; at == NULL: all of them */
};

/* The dispatcher has let pass the person himself and staff (ROUTE_OWN_USER): one's own orders are
 * seen whole, those of others only as far as one's shop makes them. */
static bool open_view(struct request *rq, struct db *db, struct view *v)
{
    const struct caller *c = &rq->caller;
    *v = (struct view){.account_id = c->id, .username = c->username};
    if (str_eq(rq->params[0], c->username))
        return true;
    struct account a;
    if (!account_by_username(db, rq->params[0], rq->arena, &a))
        return refuse(rq, PROBLEM_NOT_FOUND, "no such user");
    *v = (struct view){.account_id = a.id, .username = a.username};
    if (c->role == ROLE_ADMIN)
        return true;
    v->shop_id = c->shop;
    return c->shop.at || refuse(rq, PROBLEM_FORBIDDEN, "staff of no shop");
}

/* The order that {order_id} names, if the caller may see it; else 404, whether it exists or not. */
static bool find_order(struct request *rq, struct db *db, struct order *o)
{
    struct view v;
    struct id id;
    if (!open_view(rq, db, &v))
        return false;
    if (id_parse(rq->params[1], &id) && order_find(db, id_str(&id), rq->arena, o) &&
        str_eq(o->account_id, v.account_id) && (!v.shop_id.at || str_eq(o->shop_id, v.shop_id)))
        return true;
    refuse(rq, PROBLEM_NOT_FOUND, "no such order");
    return false;
}

static struct str actor_of(struct request *rq)
{
    return str_of(arena_printf(rq->arena, "account:%.*s", STR_ARG(rq->caller.id)));
}

static void place(struct request *rq, struct db *tx)
{
    const struct order_form *form = rq->parsed;
    struct order_draft draft = form->draft;
    struct order_fault fault;
    struct order o;
    struct view v;
    if (!open_view(rq, tx, &v))
        return;
    if (v.shop_id.at && draft.shop_id.at && !str_eq(v.shop_id, draft.shop_id)) {
        refuse(rq, PROBLEM_FORBIDDEN, "staff order for others in their own shop only");
        return;
    }
    draft.actor = actor_of(rq);
    draft.account_id = v.account_id;
    draft.username = v.username;
    if (v.shop_id.at)
        draft.shop_id = v.shop_id;
    enum problem no = order_place(tx, &draft, &o, &fault);
    if (no)
        order_refuse(rq, form, no, &fault);
    else
        write_order(reply_json(rq, 201), &o);
}

/* What a list is asked for. */
struct page {
    int64_t limit;     /* 1 to LIST_MAX */
    struct str before; /* ids below this one; at == NULL: from the newest */
};

static bool parse_page(struct request *rq)
{
    struct page *page = rq->parsed = arena_alloc(rq->arena, sizeof *page);
    struct str limit = request_query(rq, "limit");
    struct str before = request_query(rq, "before");
    uint64_t number = LIST_DEFAULT;
    struct id id;
    if (limit.at && (!str_to_u64(limit, LIST_MAX, &number) || number == 0))
        return refuse(rq, PROBLEM_BAD_INPUT, "limit must be 1 to %d", LIST_MAX);
    if (before.at && !id_parse(before, &id))
        return refuse(rq, PROBLEM_BAD_INPUT, "before must be the id of an order");
    page->limit = (int64_t)number;
    if (before.at)
        page->before = arena_str(rq->arena, id_str(&id));
    return true;
}

/* Where a list is being written. */
struct listing {
    struct db *db;  /* for the lines */
    struct jout *j; /* the array */
};

static void write_listed(void *arg, struct order *o, struct arena *scratch)
{
    struct listing *l = arg;
    order_read_lines(l->db, scratch, o);
    write_order(l->j, o);
}

static void list(struct request *rq, struct db *db)
{
    const struct page *page = rq->parsed;
    struct view v;
    if (!open_view(rq, db, &v))
        return;
    struct listing l = {.db = db, .j = reply_json(rq, 200)};
    jout_array(l.j);
    order_list(db, v.account_id, v.shop_id, page->before, page->limit, write_listed, &l);
    jout_array_end(l.j);
}

static void get(struct request *rq, struct db *db)
{
    struct order o;
    if (!find_order(rq, db, &o))
        return;
    order_read_lines(db, rq->arena, &o);
    write_order(reply_json(rq, 200), &o);
}

static void cancel(struct request *rq, struct db *tx)
{
    struct order o;
    if (!find_order(rq, tx, &o))
        return;
    bool own = str_eq(o.account_id, rq->caller.id);
    enum order_cancelled done =
        order_cancel(tx, rq->arena, &o, actor_of(rq), own ? "customer" : "staff", rq->now_us);
    if (done == CANCEL_TOO_LATE) {
        refuse(rq, PROBLEM_MOVE_NOT_ALLOWED, "an order that is %s is not cancelled any more",
               order_state_word(o.state));
        return;
    }
    order_read_lines(tx, rq->arena, &o);
    write_order(reply_json(rq, done == CANCEL_ASKED ? 202 : 200), &o);
}

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
     .body_max = 16384,
     .parse = order_parse,
     .run = place},
    {.name = "order.list",
     .method = "GET",
     .pattern = "/order-ms/{user_id}/orders",
     .who = WHO_PERSON,
     .flags = ROUTE_OWN_USER,
     .on = RUN_READ,
     .parse = parse_page,
     .run = list},
    {.name = "order.get",
     .method = "GET",
     .pattern = "/order-ms/{user_id}/orders/{order_id}",
     .who = WHO_PERSON,
     .flags = ROUTE_OWN_USER,
     .on = RUN_READ,
     .run = get},
    {.name = "order.cancel",
     .method = "DELETE",
     .pattern = "/order-ms/{user_id}/orders/{order_id}",
     .who = WHO_PERSON,
     .flags = ROUTE_OWN_USER,
     .on = RUN_WRITE,
     .run = cancel},
};
