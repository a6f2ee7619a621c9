/* show.c - products as JSON: on kiosk frames, and on /v1. */
#include "menu/menu.h"
#include "menu/options.h"

static void add_major(void *arg, const struct product *p)
{
    struct jout *j = arg;
    jout_object(j);
    jout_field_str(j, "id", p->id);
    jout_field_str(j, "name", p->name);
    jout_field_str(j, "icon", p->icon);
    money_field(j, "price", p->price, p->currency);
    jout_field_cstr(j, "currency", currency_name(p->currency));
    jout_field_bool(j, "available", menu_on_sale(p));
    jout_object_end(j);
}

void menu_write_list(struct jout *j, struct db *db, struct str shop_id)
{
    jout_array(j);
    menu_list(db, shop_id, add_major, j);
    jout_array_end(j);
}

void menu_write_v1(struct jout *j, const struct product *p, bool staff)
{
    jout_object(j);
    jout_field_str(j, "id", p->id);
    jout_field_str(j, "shop_id", p->shop_id);
    if (p->category_id.at)
        jout_field_str(j, "category_id", p->category_id);
    jout_field_str(j, "name", p->name);
    if (p->description.at)
        jout_field_str(j, "description", p->description);
    jout_field_str(j, "icon", p->icon);
    money_field_minor(j, "price", p->price, p->currency);
    jout_field_bool(j, "available", p->available);
    jout_field_bool(j, "sold_out", !menu_on_sale(p));
    if (staff && p->stock != MENU_UNCOUNTED)
        jout_field_int(j, "stock", p->stock);
    jout_field_int(j, "position", p->position);
    jout_key(j, "options");
    options_write_v1(j, p->options, p->currency);
    jout_object_end(j);
}
