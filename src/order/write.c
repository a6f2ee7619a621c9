/* write.c - orders as clients read them. */
#include "order/write.h"

#include "app/people.h"

static void write_options(struct jout *j, const struct order_line *line, enum currency currency)
{
    jout_key(j, "options");
    jout_array(j);
    for (size_t i = 0; i < line->option_count; i++) {
        jout_object(j);
        jout_field_str(j, "id", line->options[i].id);
        jout_field_str(j, "name", line->options[i].name);
        money_field(j, "price", line->options[i].price, currency);
        jout_object_end(j);
    }
    jout_array_end(j);
}

static void write_lines(struct jout *j, const struct order *o)
{
    jout_key(j, "items");
    jout_array(j);
    for (size_t i = 0; i < o->line_count; i++) {
        const struct order_line *line = &o->lines[i];
        jout_object(j);
        jout_field_str(j, "product_id", line->product_id);
        jout_field_str(j, "name", line->name);
        jout_field_int(j, "qty", line->qty);
        money_field(j, "price", line->price, o->currency);
        if (line->option_count > 0)
            write_options(j, line, o->currency);
        jout_object_end(j);
    }
    jout_array_end(j);
}

/* What is so of few orders. */
static void write_rare(struct jout *j, const struct order *o)
{
    if (o->accept_by_us > 0)
        jout_field_time(j, "accept_by", o->accept_by_us);
    if (o->eta_us > 0)
        jout_field_time(j, "eta_at", o->eta_us);
    if (order_reason(o).at)
        jout_field_str(j, "reason", order_reason(o));
    if (o->cancel_asked)
        jout_field_bool(j, "cancel_asked", true);
}

void order_write(struct jout *j, const struct order *o, struct str track)
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
    write_lines(j, o);
    money_field(j, "total", o->total, o->currency);
    jout_field_cstr(j, "currency", currency_name(o->currency));
    jout_field_time(j, "ordered_at", o->placed_us);
    jout_field_time(j, "updated_at", o->updated_us);
    write_rare(j, o);
    jout_field_str(j, "track", track);
}

void order_write_history(struct jout *j, struct db *db, struct arena *arena, const struct order *o,
                         bool devices)
{
    size_t count;
    const struct order_move *moves = order_read_moves(db, arena, o->id, &count);
    jout_key(j, "history");
    jout_array(j);
    for (size_t i = 0; i < count; i++) {
        jout_object(j);
        jout_field_str(j, "status", moves[i].status);
        jout_field_time(j, "at", moves[i].at_us);
        jout_field_str(j, "by", people_actor_name(db, moves[i].actor, arena));
        if (devices && moves[i].device.at)
            jout_field_str(j, "device", moves[i].device);
        if (moves[i].reason.at)
            jout_field_str(j, "reason", moves[i].reason);
        jout_object_end(j);
    }
    jout_array_end(j);
}
