/* routes.c - shops and their people over HTTP: /v1/shops. */
#include "shop/routes.h"

#include "account/account.h"
#include "app/app.h"
#include "app/people.h"
#include "base/clock.h"
#include "shop/parse.h"

#define LIST_MAX 200

#define OWNERS (ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_OWNER))

/* ---- Shops ---- */

void shop_write_v1(struct request *rq, struct jout *j, struct db *db, const struct shop *s)
{
    struct shop_terms terms;
    shop_terms(db, s->id, rq->arena, &terms);
    jout_object(j);
    jout_field_str(j, "id", s->id);
    jout_field_str(j, "name", s->name);
    jout_field_str(j, "owner_id", s->owner_id);
    jout_field_cstr(j, "currency", currency_name(s->currency));
    jout_field_cstr(j, "language", language_tag(s->language));
    jout_field_str(j, "timezone", s->timezone);
    jout_field_bool(j, "open", s->open);
    jout_field_bool(j, "paused", terms.paused);
    jout_field_bool(j, "free_form", s->free_form);
    jout_field_bool(j, "online_payment", app_online_payment(rq->app));
    jout_field_int(j, "accept_seconds", s->accept_us / US_PER_S);
    jout_key(j, "hours");
    if (terms.hours.at)
        jout_raw(j, terms.hours);
    else
        jout_null(j);
    jout_object_end(j);
}

bool shop_of_route(struct request *rq, struct db *db, unsigned roles, struct shop *shop_r)
{
    if (!shop_by_id(db, rq->params[0], rq->arena, shop_r))
        return refuse(rq, PROBLEM_NOT_FOUND, "no such shop");
    return !roles || caller_works_in(&rq->caller, shop_r->id, roles) ||
           refuse(rq, PROBLEM_FORBIDDEN, "not a shop of yours");
}

/* An answer that is written one shop or person after another. */
struct listing {
    struct request *rq; /* whose */
    struct db *db;      /* where from */
    struct jout *j;     /* the array */
};

static void add_shop(void *arg, const struct shop *s)
{
    const struct listing *l = arg;
    shop_write_v1(l->rq, l->j, l->db, s);
}

static void list_shops(struct request *rq, struct db *db)
{
    struct listing l = {rq, db, reply_json(rq, 200)};
    jout_array(l.j);
    shop_list(db, rq->arena, LIST_MAX, add_shop, &l);
    jout_array_end(l.j);
}

static void get_shop(struct request *rq, struct db *db)
{
    struct shop s;
    if (shop_of_route(rq, db, 0, &s))
        shop_write_v1(rq, reply_json(rq, 200), db, &s);
}

static void add(struct request *rq, struct db *tx)
{
    struct shop_form *form = rq->parsed;
    struct account owner;
    if (!account_find(tx, form->owner, rq->arena, &owner)) {
        refuse_field(rq, PROBLEM_BAD_INPUT, "/owner", "no such account");
        return;
    }
    struct shop s = form->shop;
    s.owner_id = owner.id;
    const char *why = shop_add(tx, rq->arena, &s, owner.username, request_actor(rq), rq->now_us);
    if (why)
        refuse_field(rq, PROBLEM_BAD_INPUT, "/timezone", why);
    else
        shop_write_v1(rq, reply_json(rq, 201), tx, &s);
}

static void change(struct request *rq, struct db *tx)
{
    struct shop s;
    if (!shop_of_route(rq, tx, WHO_HEADS, &s))
        return;
    const char *why = shop_edit(tx, rq->arena, &s, rq->parsed, request_actor(rq), rq->now_us);
    if (why)
        refuse_field(rq, PROBLEM_BAD_INPUT, "/timezone", why);
    else
        shop_write_v1(rq, reply_json(rq, 200), tx, &s);
}

/* ---- Their people ---- */

static void write_staff(struct jout *j, const struct staff *one)
{
    jout_object(j);
    jout_field_str(j, "account_id", one->account_id);
    jout_field_str(j, "username", one->username);
    jout_field_cstr(j, "role", role_word(one->role));
    jout_object_end(j);
}

static void add_one(void *arg, const struct staff *one)
{
    write_staff(arg, one);
}

static void list_staff(struct request *rq, struct db *db)
{
    struct shop s;
    if (!shop_of_route(rq, db, WHO_HEADS, &s))
        return;
    struct jout *j = reply_json(rq, 200);
    jout_array(j);
    staff_list(db, s.id, rq->arena, add_one, j);
    jout_array_end(j);
}

/* May the caller make of somebody what he wishes? `was` and `role` are ROLE_NONE for nobody. */
static bool may_staff(struct request *rq, struct db *tx, const struct shop *s, enum role was,
                      enum role role)
{
    if ((was == ROLE_OWNER || role == ROLE_OWNER) && !caller_works_in(&rq->caller, s->id, OWNERS))
        return refuse(rq, PROBLEM_FORBIDDEN, "only an owner decides about owners");
    if (was == ROLE_OWNER && role != ROLE_OWNER &&
        staff_count(tx, s->id, ROLE_BIT(ROLE_OWNER)) <= 1)
        return refuse(rq, PROBLEM_CONFLICT, "the last owner stays");
    if (was == ROLE_NONE && staff_count(tx, s->id, STAFF_ROLES) >= STAFF_MAX)
        return refuse(rq, PROBLEM_CONFLICT, "%d people work here, which is the most", STAFF_MAX);
    return true;
}

static void hire(struct request *rq, struct db *tx)
{
    const struct hire_form *form = rq->parsed;
    struct shop s;
    struct account a;
    struct staff was = {0};
    if (!shop_of_route(rq, tx, WHO_HEADS, &s))
        return;
    if (!account_find(tx, form->username, rq->arena, &a)) {
        refuse_field(rq, PROBLEM_BAD_INPUT, "/username", "no such account");
        return;
    }
    bool there = staff_find(tx, s.id, a.id, rq->arena, &was);
    if (!may_staff(rq, tx, &s, was.role, form->role))
        return;
    const struct staff one = {
        .shop_id = s.id, .account_id = a.id, .username = a.username, .role = form->role};
    staff_hire(tx, rq->arena, &one, request_actor(rq), rq->now_us);
    shop_owner_changed(tx, rq->arena, &s, request_actor(rq), rq->now_us);
    write_staff(reply_json(rq, there ? 200 : 201), &one);
}

static void dismiss(struct request *rq, struct db *tx)
{
    struct shop s;
    struct staff one;
    if (!shop_of_route(rq, tx, WHO_HEADS, &s))
        return;
    if (!staff_find(tx, s.id, rq->params[1], rq->arena, &one)) {
        refuse(rq, PROBLEM_NOT_FOUND, "nobody of that name works here");
        return;
    }
    if (!may_staff(rq, tx, &s, one.role, ROLE_NONE))
        return;
    staff_dismiss(tx, rq->arena, &one, request_actor(rq), rq->now_us);
    shop_owner_changed(tx, rq->arena, &s, request_actor(rq), rq->now_us);
    reply_empty(rq, 204);
}

const struct route shop_routes[SHOP_ROUTES] = {
    {.name = "shop.list",
     .method = "GET",
     .pattern = "/v1/shops",
     .who = WHO_ANYONE,
     .on = RUN_READ,
     .run = list_shops},
    {.name = "shop.get",
     .method = "GET",
     .pattern = "/v1/shops/{shop_id}",
     .who = WHO_ANYONE,
     .on = RUN_READ,
     .run = get_shop},
    {.name = "shop.add",
     .method = "POST",
     .pattern = "/v1/shops",
     .who = ROLE_BIT(ROLE_ADMIN),
     .on = RUN_WRITE,
     .body_max = 4096,
     .parse = shop_parse_new,
     .run = add},
    {.name = "shop.change",
     .method = "PATCH",
     .pattern = "/v1/shops/{shop_id}",
     .who = WHO_HEADS,
     .on = RUN_WRITE,
     .body_max = 16384,
     .parse = shop_parse_change,
     .run = change},
    {.name = "shop.staff",
     .method = "GET",
     .pattern = "/v1/shops/{shop_id}/staff",
     .who = WHO_HEADS,
     .on = RUN_READ,
     .run = list_staff},
    {.name = "shop.hire",
     .method = "POST",
     .pattern = "/v1/shops/{shop_id}/staff",
     .who = WHO_HEADS,
     .on = RUN_WRITE,
     .body_max = 4096,
     .parse = shop_parse_hire,
     .run = hire},
    {.name = "shop.dismiss",
     .method = "DELETE",
     .pattern = "/v1/shops/{shop_id}/staff/{user}",
     .who = WHO_HEADS,
     .on = RUN_WRITE,
     .run = dismiss},
};
