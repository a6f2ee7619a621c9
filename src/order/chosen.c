/* chosen.c - what was chosen about a line, as it is kept in its row:
 * [{"id":"large","name":"Large","price":500000}], prices in minor units. */
#include "order/chosen.h"

struct str chosen_text(const struct chosen *options, size_t count, struct arena *arena)
{
    if (count == 0)
        return (struct str){0};
    struct buf text = buf_in(arena);
    struct jout j = jout_to(&text);
    jout_array(&j);
    for (size_t i = 0; i < count; i++) {
        jout_object(&j);
        jout_field_str(&j, "id", options[i].id);
        jout_field_str(&j, "name", options[i].name);
        jout_field_int(&j, "price", options[i].price);
        jout_object_end(&j);
    }
    jout_array_end(&j);
    return buf_str(&text);
}

struct chosen *chosen_read(struct str text, struct arena *arena, size_t *count_r)
{
    const char *why;
    *count_r = 0;
    if (!text.at)
        return NULL;
    json_t *list = json_read(text, &why);
    size_t count = json_array_size(list);
    if (count > OPTION_CHOSEN_MAX)
        count = OPTION_CHOSEN_MAX;
    struct chosen *options = arena_alloc(arena, count * sizeof *options);
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(list, i);
        options[i] = (struct chosen){.id = arena_str(arena, json_text(one, "id")),
                                     .name = arena_str(arena, json_text(one, "name")),
                                     .price = json_integer_value(json_object_get(one, "price"))};
    }
    *count_r = count;
    json_decref(list);
    return options;
}

void chosen_write_names(struct jout *j, const struct chosen *options, size_t count)
{
    if (count == 0)
        return;
    jout_key(j, "options");
    jout_array(j);
    for (size_t i = 0; i < count; i++)
        jout_str(j, options[i].name);
    jout_array_end(j);
}
