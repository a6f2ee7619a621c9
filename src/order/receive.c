/* receive.c - the two routes of the notifications page: a customer submits an order, the shop
 * receives it. */
#include "order/receive.h"

#include "app/people.h"
#include "app/service.h"
#include "order/parse.h"
#include "order/write.h"

#define REASON_MAX 200 /* characters */

struct order_act order_act_of(struct request *rq)
{
    const struct caller *c = &rq->caller;
    return (struct order_act){.actor = request_actor(rq),
                              .device = c->role == ROLE_KIOSK ? c->id : c->session,
                              .now_us = rq->now_us};
}

void order_refuse_move(struct request *rq, const struct order *o)
{
    refuse(rq, PROBLEM_MOVE_NOT_ALLOWED, "an order that is %s may become: %s",
           order_state_word(o->state), order_state_allows(o->state, rq->arena));
}

struct jout *order_place_form(struct request *rq, struct db *tx, struct str account_id,
                              struct str username, struct order *o)
{
    const struct order_form *form = rq->parsed;
    struct order_draft draft = form->draft;
    struct order_fault fault;
    draft.actor = request_actor(rq);
    draft.account_id = account_id;
    draft.username = username;
    enum problem no = order_place(tx, &draft, o, &fault);
    if (no) {
        order_refuse(rq, form, no, &fault);
        return NULL;
    }
    struct jout *j = reply_json(rq, 201);
    order_write(j, o, form->track);
    return j;
}

/* ---- POST /order ---- */

void order_submit(struct request *rq, struct db *tx)
{
    struct order o;
    struct jout *j = order_place_form(rq, tx, rq->caller.id, rq->caller.username, &o);
    if (!j)
        return;
    jout_field_str(j, "owner_id", o.owner_id);
    jout_object_end(j);
}

/* ---- PATCH /order-receive/{order_id} ---- */

/* What the shop says about an order. */
struct verdict {
    bool accept;       /* it will be made */
    int64_t eta_us;    /* when it is done; 0: not said */
    struct str reason; /* why not; at == NULL: none */
};

/* What claims to be JSON must be JSON: a refusal with a slip of the pen is no acceptance. Anything
 * else that cannot be read counts as nothing at all, as the page's own calls need it. */
static bool body_counts(struct request *rq)
{
    struct str rest = request_header(rq, "Content-Type");
    struct str type = str_trim(str_cut(&rest, ';'));
    if (!rq->body && str_eq_nocase(type, STR("application/json")))
        return refuse(rq, PROBLEM_BAD_JSON, "the body cannot be read");
    return !rq->body || json_is_object(rq->body) ||
           refuse_field(rq, PROBLEM_BAD_INPUT, "", "must be an object");
}

/* true or false, also as text: forms know no other. */
static bool parse_accept(struct request *rq, const json_t *value, bool *accept_r)
{
    *accept_r = !value || json_is_true(value) || str_is(json_slice(value), "true");
    return *accept_r || json_is_false(value) || str_is(json_slice(value), "false") ||
           refuse_field(rq, PROBLEM_BAD_INPUT, "/accept", "must be true or false");
}

static bool parse_eta(struct request *rq, const json_t *value, int64_t *eta_us_r)
{
    int64_t minutes;
    if (!value)
        return true;
    if (!json_int_lenient(value, &minutes) || minutes < 1 || minutes > ORDER_ETA_MAX)
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/eta_minutes", "must be 1 to 600");
    *eta_us_r = rq->now_us + minutes * ORDER_ETA_UNIT_US;
    return true;
}

static bool parse_reason(struct request *rq, const json_t *value, struct verdict *v)
{
    if (!value && v->accept)
        return true;
    v->reason = json_slice(value);
    return (v->reason.at && str_clean(&v->reason, REASON_MAX)) ||
           refuse_field(rq, PROBLEM_BAD_INPUT, "/reason",
                        "must be text of 1 to 200 characters without control characters");
}

bool order_parse_receive(struct request *rq)
{
    struct verdict *v = rq->parsed = arena_alloc(rq->arena, sizeof *v);
    if (!body_counts(rq) || !parse_accept(rq, json_object_get(rq->body, "accept"), &v->accept))
        return false;
    bool good = parse_eta(rq, json_object_get(rq->body, "eta_minutes"), &v->eta_us);
    return parse_reason(rq, json_object_get(rq->body, "reason"), v) && good;
}

static void write_received(struct jout *j, const struct order *o)
{
    jout_object(j);
    jout_field_str(j, "order_id", o->id);
    jout_field_str(j, "client_id", o->account_id);
    jout_field_str(j, "number", o->number);
    jout_field_cstr(j, "status", order_state_word(o->state));
    if (o->eta_us > 0)
        jout_field_time(j, "eta_at", o->eta_us);
    if (order_reason(o).at)
        jout_field_str(j, "reason", order_reason(o));
    jout_object_end(j);
}

void order_receive(struct request *rq, struct db *tx)
{
    const struct verdict *v = rq->parsed;
    struct order_act act = order_act_of(rq);
    struct order o;
    struct id id;
    act.reason = v->reason;
    if (!id_parse(rq->params[0], &id) || !order_find(tx, id_str(&id), rq->arena, &o) ||
        !caller_works_in(&rq->caller, o.shop_id, WHO_STAFF)) {
        refuse(rq, PROBLEM_NOT_FOUND, "no such order");
        return;
    }
    bool done = v->accept ? order_accept(tx, rq->arena, &o, v->eta_us, &act)
                          : order_reject(tx, rq->arena, &o, &act);
    if (done)
        write_received(reply_json(rq, 200), &o);
    else
        order_refuse_move(rq, &o);
}
