/* refusal.c - the table of reasons by which net itself says no to a request. */
#include "net/refusal.h"

static const struct refusal_row rows[REFUSAL_COUNT] = {
#define REFUSAL(name, status, id, detail) [REFUSAL_##name] = {status, id, detail},
#include "net/tbl/refusals.h"
#undef REFUSAL
};

const struct refusal_row *refusal_row(enum refusal r)
{
    CHECK(r > REFUSAL_NONE && r < REFUSAL_COUNT);
    return &rows[r];
}

const struct refusal_type *refusal_type(const struct refusal_row *row)
{
    static const struct refusal_type types[] = {
#define REFUSAL_TYPE(status, slug, message) {status, slug, message},
#include "net/tbl/refusal_types.h"
#undef REFUSAL_TYPE
    };
    size_t i = 0;
    while (types[i].status != row->status)
        CHECK(++i < ARRAY_LEN(types));
    return &types[i];
}
