/* zone_fuzz.c - whatever stands in a time zone file, offsets stay within bounds and the clocks are
 * found where they were asked for. */
#include <stdint.h>

#include "base/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t moments[] = {INT64_MIN,  -1,         0,         951782400,   1774746000,
                                      1792890000, 4102444800, INT64_MAX, 253402300800};
    struct arena *arena = arena_new(1 << 20);
    const char *why = NULL;
    const struct zone *z = zone_parse((struct str){(const char *)data, size}, arena, &why);
    CHECK(!z == (why != NULL));
    for (size_t i = 0; z && i < ARRAY_LEN(moments); i++) {
        int32_t offset = zone_offset(z, moments[i]);
        CHECK(offset > -200 * 3600 && offset < 200 * 3600);
        int64_t instant = zone_instant(z, moments[i]);
        if (moments[i] > -(INT64_C(1) << 39) && moments[i] < INT64_C(1) << 39)
            CHECK(instant - moments[i] > -200 * 3600 && instant - moments[i] < 200 * 3600);
    }
    arena_free(&arena);
    return 0;
}
