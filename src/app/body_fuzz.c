/* body_fuzz.c - forms, paths and language wishes of any kind. */
#include "app/body.h"
#include "app/house.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_form(struct arena *arena, struct str text)
{
    const char *why = NULL;
    json_t *form = body_form(arena, text, &why);
    const char *key;
    json_t *value;
    CHECK(form || why);
    json_object_foreach(form, key, value) CHECK(json_is_string(value));
    json_decref(form);
}

/* Parameters are slices of the path, in order. */
static void check_path(struct arena *arena, struct str path)
{
    struct route_tree *tree = route_tree_new();
    route_tree_add(tree, &app_service);
    struct route_match m = route_find(tree, HTTP_GET, path);
    CHECK(!m.routed.route || m.node);
    if (m.routed.route && m.params[0].at)
        CHECK(m.params[0].at >= path.at && m.params[0].len <= path.len);
    if (m.node)
        CHECK(route_allowed(m.node, arena).len > 0);
    route_tree_free(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct arena *arena = arena_new(1 << 20);
    check_form(arena, text);
    check_path(arena, text);
    CHECK(language_accept(text, LANG_EN) < LANG_COUNT);
    arena_free(&arena);
    return 0;
}
